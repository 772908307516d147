"""Documents that definitions write are as the definitions are."""

from __future__ import annotations

import pytest

from webapp.forms.document import DOCUMENTS, ROOT


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_is_as_the_definitions_say(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == DOCUMENTS[name](), "run `make documents`"
