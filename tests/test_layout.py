"""The rules of the house: who may import whom, and that tables can be distributed by area."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sync.schema import metadata

ROOT = Path(__file__).parent.parent
PURE_SYNC = (
    "clock",
    "change",
    "merge",
    "errors",
    "ids",
    "overlay",
    "packing",
    "digest",
    "request",
    "cursor",
    "catalogue",
)
DISTRIBUTED = ("area_log", "record", "log", "receipt", "quarantine")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_sync_never_imports_webapp_or_flask() -> None:
    for path in (ROOT / "sync").rglob("*.py"):
        for name in imports_of(path):
            assert not name.startswith(("webapp", "flask")), f"{path}: {name}"


def test_the_pure_half_of_sync_needs_only_the_standard_library() -> None:
    for stem in PURE_SYNC:
        for name in imports_of(ROOT / f"sync/{stem}.py"):
            top = name.partition(".")[0]
            assert top in sys.stdlib_module_names or name in {f"sync.{each}" for each in PURE_SYNC}, name


def test_care_forms_and_view_models_import_neither_database_nor_flask() -> None:
    for folder in ("care", "forms", "field/view_models"):
        for path in (ROOT / "webapp" / folder).glob("*.py"):
            for name in imports_of(path):
                assert not name.startswith(("sqlalchemy", "flask", "sync.database", "sync.rows")), (
                    f"{path}: {name}"
                )


def test_only_the_store_opens_indexeddb() -> None:
    for path in (ROOT / "webapp/static").rglob("*.js"):
        if "dist" not in path.parts and "store" not in path.parts:
            assert '"idb"' not in path.read_text("utf-8"), path


def test_the_area_leads_every_key_of_what_is_distributed() -> None:
    for name in DISTRIBUTED:
        table = metadata.tables[name]
        assert next(iter(table.primary_key.columns)).name == "area_id", name
        for key in table.foreign_keys:
            assert key.parent.name == "area_id"
        assert not any(column.autoincrement is True for column in table.columns)


def test_nothing_is_suppressed_without_a_reason() -> None:
    for path in [*ROOT.glob("sync/**/*.py"), *ROOT.glob("webapp/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if "# noqa" in line or "type: ignore" in line:
                assert line.count("#") >= 2 or path.name == "test_layout.py", f"{path}:{number}"


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("sync/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_text_has_enough_contrast_on_what_it_stands_on() -> None:
    css = (ROOT / "webapp/static/css/base.css").read_text("utf-8")
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css)) | {"white": "#ffffff"}
    pairs = [(text, ground) for text in ("ink", "soft", "leaf") for ground in ("paper", "card")]
    pairs += [(f"{kind}", f"{kind}-wash") for kind in ("well", "watch", "urgent")]
    pairs += [("leaf-deep", "leaf-wash"), ("white", "leaf"), ("white", "leaf-deep"), ("white", "urgent")]
    pairs += [("white", "well"), ("white", "watch")]
    for text, ground in pairs:
        light, dark = sorted((luminance(tokens[text]), luminance(tokens[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
