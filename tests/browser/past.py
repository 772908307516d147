"""``qiaomen`` on a day gone by: ``python -m tests.browser.past 21 serve`` has a clock 21 days behind."""

from __future__ import annotations

import sys
import time

DAY = 86_400


def main() -> None:
    """Put the clock back, then be the command as ever."""
    behind, real = int(sys.argv.pop(1)) * DAY, time.time
    time.time = lambda: real() - behind
    from webapp.cli import main as command

    command()


if __name__ == "__main__":
    main()
