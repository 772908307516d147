"""Every template that both engines render, rendered by both from the same contexts, gives the same page.

Contexts are what the view-model vectors make, so nasty names and every state of a page are in them.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import render_template
from flask_babel import force_locale

from tests.vectors_run import read_vectors
from webapp import create_app

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "webapp/templates"
PAGES = (
    "paired",
    "need",
    "needs",
    "sessions",
    "plan",
    "today",
    "households",
    "household",
    "responsible",
    "station",
    "person",
    "form",
    "edit",
    "register",
    "fact",
    "outbox",
    "me",
    "self_test",
)
OWN_TEMPLATE = {"session_view": "field/session.html"}  # a module with two pages
LAYOUTS = ("shared/_page.html", "shared/_partial.html")
LANGUAGES = ("zh_Hans", "en")


def contexts() -> list[dict[str, Any]]:
    """Every page with every outcome of its view-model, in both layouts, with frames by turns."""
    frames = [vector["out"] for vector in read_vectors("view_models/frame")]
    head = read_vectors("view_models/me")[0]["out"]["head"]
    views = [
        (OWN_TEMPLATE.get(vector["call"], f"field/{page}.html"), vector["out"])
        for page in PAGES
        for vector in read_vectors(f"view_models/{page}")
        if vector["call"].endswith("_view") and vector["out"] is not None
    ]
    said = {
        "head": head,
        "message": "没有<存下>",
        "advice": '请"再"试',
        "go_href": "/field/today",
        "go_text": "回",
    }
    views += [("shared/message.html", said)] + [("shared/strip.html", {}) for _ in frames]
    return [
        {
            "template": template,
            "context": view
            | {"layout": layout, "html_lang": "zh-Hans", "text_class": "text-large"}
            | {"frame": frames[place % len(frames)]},
        }
        for place, (template, view) in enumerate(views)
        for layout in LAYOUTS
    ]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return create_app(tmp_path_factory.mktemp("instance"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_engines_make_the_same_page(app: Flask, language: str) -> None:
    cases = contexts()
    built = ROOT / f"webapp/static/dist/messages.{language}.json"
    messages = json.loads(built.read_text("utf-8")) if language == "en" else {}
    phone = render_on_phone(cases, messages)
    with app.test_request_context(), force_locale(language):
        for case, theirs in zip(cases, phone, strict=True):
            ours = render_template(case["template"], **case["context"])
            assert dom_of(ours) == dom_of(theirs), case["template"]


def test_no_page_is_empty_and_none_prints_a_nothing(app: Flask) -> None:
    with app.test_request_context():
        for case in contexts():
            html = render_template(case["template"], **case["context"])
            assert "None" not in html
            assert "undefined" not in html
            assert "True" not in html


def test_every_shared_template_is_compared() -> None:
    compared = {case["template"] for case in contexts()} | set(LAYOUTS)
    for path in sorted(TEMPLATES.glob("shared/*.html")) + sorted(TEMPLATES.glob("field/*.html")):
        name = str(path.relative_to(TEMPLATES))
        included = any(f'"{name}"' in other.read_text("utf-8") for other in TEMPLATES.rglob("*.html"))
        assert name in compared or (path.name.startswith("_") and included), name


def test_templates_keep_to_the_two_engine_subset() -> None:
    banned = {
        r"\{\{[^}]*\|": "filters differ",
        r"\{%-?\s*set\b": "set in loops differs",
        r"\{\{[^}]*[+*/%~-]\s*\w": "no arithmetic",
        r"\.items\(": "differs",
        r"style=": "the content policy forbids it",
        r"<script(?![^>]*\bsrc=)": "the content policy forbids it",
        r"\son\w+=\"": "the content policy forbids it",
    }
    for path in sorted(TEMPLATES.glob("shared/*.html")) + sorted(TEMPLATES.glob("field/*.html")):
        source = path.read_text("utf-8")
        for pattern, why in banned.items():
            found = re.search(pattern, re.sub(r"_\('[^']*'\)", "text", source))
            assert not found, f"{path.name}: {found and found[0]!r}: {why}"


def render_on_phone(cases: list[dict[str, Any]], messages: dict[str, str]) -> list[str]:
    done = subprocess.run(
        ["node", "tests/js/render_templates.mjs"],
        cwd=ROOT,
        input=json.dumps({"messages": messages, "cases": cases}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rendered: list[str] = json.loads(done.stdout)
    return rendered


def dom_of(html: str) -> Any:
    """A page as nested lists, blanks collapsed."""
    return _node(html5lib.parse(html, namespaceHTMLElements=False))


def _node(element: Element) -> Any:
    children = [_text(element.text)]
    for child in element:
        children += [_node(child), _text(child.tail)]
    attributes = sorted((str(name), " ".join(value.split())) for name, value in element.attrib.items())
    return [str(element.tag), attributes, [child for child in children if child]]


def _text(text: str | None) -> str:
    return " ".join((text or "").split())
