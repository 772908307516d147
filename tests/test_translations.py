"""English is complete: every message a person may read has one, with the same places to fill in."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sync.errors import PROBLEMS
from webapp.translations.collect import collect_messages, read_catalogue

ROOT = Path(__file__).parent.parent
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}")


def test_every_message_has_english_and_nothing_is_left_over() -> None:
    english = {str(message.id): str(message.string) for message in read_catalogue() if message.id}
    missing = [msgid for msgid in collect_messages() if not english.get(msgid)]
    assert not missing, f"run `make messages` and translate: {missing[:10]}"
    assert set(english) <= set(collect_messages()), "run `make messages`"


def test_translations_fill_in_the_same_places() -> None:
    for message in read_catalogue():
        if message.id:
            here, there = PLACES.findall(str(message.id)), PLACES.findall(str(message.string))
            assert set(there) <= set(here), message.id


def test_the_phone_carries_the_english_of_all_that_its_pages_say() -> None:
    built = ROOT / "webapp/static/dist"
    english = json.loads((built / "messages.en.json").read_text("utf-8"))
    worker = (built / "sw.js").read_text("utf-8")
    pages = [
        path for folder in ("shared", "field") for path in (ROOT / "webapp/templates" / folder).glob("*.html")
    ]
    said = {msgid for path in pages for msgid in re.findall(r"_\('([^']+)'\)", path.read_text("utf-8"))}
    said |= {problem.what for problem in PROBLEMS.values()}
    assert len(said) > 100
    for msgid in said & english.keys():
        assert json.dumps(english[msgid], ensure_ascii=False)[1:-1] in worker, msgid
    assert english["先看一看"] not in worker  # the desk's own words are of no use to a phone
