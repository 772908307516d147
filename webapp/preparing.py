"""Snapshots prepared in the background, so that a new phone never waits for one to be compressed.

Invariant: it only makes fast what is right without it: every serving process may do it, at the lowest
priority, and it stops with its process.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sync.database import Store
from sync.errors import ProblemError
from sync.prepared import prepare_areas

EVERY = 600  # seconds from one look at what has grown old to the next
LOWEST = 19
_LOG = logging.getLogger("qiaomen.preparing")


@contextmanager
def prepared_in_background(store: Store) -> Iterator[None]:
    """Prepare what is missing or old while the block runs."""
    stop = threading.Event()
    thread = threading.Thread(target=_keep_prepared, args=(store, stop), name="preparing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()


def _keep_prepared(store: Store, stop: threading.Event) -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)  # of this thread alone, on Linux
    while not stop.is_set():
        try:
            count = prepare_areas(store, stop)
        except ProblemError as error:
            _LOG.warning("snapshots could not be prepared: %s", error)  # the next round tries again
        else:
            _LOG.info("%d snapshots prepared", count)
        stop.wait(EVERY)
