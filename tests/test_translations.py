"""English is complete: every message a person may read has one, with the same places to fill in."""

from __future__ import annotations

import re

from webapp.translations.collect import collect_messages, read_catalogue

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
