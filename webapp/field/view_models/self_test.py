"""自检: what this browser is asked for, and what each red means. Twin: static/field/view_models/self_test.js.

The page's own script (static/page/self_test.js) finds out and fills in; here are only the words.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from webapp.field.view_models.frame import head
from webapp.forms.engine import Translate

CHECKS = json.loads((Path(__file__).parent.parent / "checks.json").read_text("utf-8"))


def self_test_view(t: Translate) -> dict[str, Any]:
    """The page: every check with its label, what a red one means and what to do."""
    return {
        "head": head(t("自检"), sub=t("这个浏览器能不能用，一项项查"), back="/field/me", back_text=t("我")),
        "checks": [
            {
                "key": check["key"],
                "label": t(check["label"]),
                "what": t(check["what"]),
                "action": t(check["action"]),
            }
            for check in CHECKS
        ],
    }
