"""Everything that can fail, made to fail: one module a layer, each with ``run(size, seed) -> dict``.

An entry is ``{"layer", "runs", "faults", "lost", "duplicated", "leaked", "stuck", "seconds"}``; all but the
first two, ``faults`` and ``seconds`` must be 0. See docs/torture.md.
"""
