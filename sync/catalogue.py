"""What kinds of record there are and which fields each may carry: the wire's allow-list. Pure.

Example: ``Catalogue([Kind("visit", "fact", fields=frozenset({"how", "note"}))])["visit"]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Fields = dict[str, Any]
Attention = tuple[str, list[str]]
Standing = tuple[str | None, int | None]


def _no_lookup(_fields: Fields) -> str | None:
    return None


def _no_words(_fields: Fields) -> str | None:
    return None


def _nobody(_fields: Fields) -> str | None:
    return None


def _may_stand(_body: Fields, _base: Fields, _stored: Fields | None, _resolves: bool) -> str:
    return ""


def _not_own(_body: Fields, _stored: Fields | None, _account: str) -> bool:
    return True


def _nowhere(_fields: Fields) -> Standing:
    return None, None


def _as_it_is(body: Fields) -> Fields:
    return body


def _no_errors(_fields: Fields) -> list[dict[str, str]]:
    return []


def _all_well(_fields: Fields) -> Attention:
    return "well", []


@dataclass(frozen=True)
class Likeness:
    """When two records of a kind may be one: two that are alike (``same``) share one of their ``keys``.

    ``same(one, other, same_home)`` takes their fields, and whether they live in one household.
    """

    keys: Callable[[Fields], set[str]]
    same: Callable[[Fields, Fields, bool], bool]


@dataclass(frozen=True)
class Kind:
    """One kind of record.

    ``lives`` says in which areas it may be: a ``grid``, as all that is about people, ``above`` the grids, or
    ``any``. ``private`` fields never leave the server for a phone; ``sensitive`` ones never merge silently;
    ``lookup`` gives the value a record is found by outside its id; ``subject`` the id of whom a profile is
    about (a person, else a household), with whom it moves and is erased; ``words`` what a search finds it by;
    ``facets`` by what it is counted (facet, value), None where it is not; ``check`` returns form errors;
    ``attend`` returns how urgent a fact is and the codes that say why. Of a profile, who does not review may
    set the ``phone`` fields, and those of ``register`` where the record is new; ``judge`` gives the code for
    which a ``set`` is held ("" where it may stand) by what it says, the base it saw, what is stored (None
    where nothing is) and whether it resolves a conflict; ``own`` says whether who does not review may set
    this, by what it says, what is stored and their account; ``here`` are fields that name a record of the
    same area, with the kind it must be of; ``standing`` gives the state and the rank by which desks list it;
    ``complete`` adds to what a ``set`` sets what follows from it, which lies in ``derived``
    fields, about which there is no conflict.
    """

    name: str
    family: Literal["fact", "profile"]
    fields: frozenset[str]
    private: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()
    phone: frozenset[str] = frozenset()
    register: frozenset[str] = frozenset()
    lookup: Callable[[Fields], str | None] = _no_lookup
    subject: Callable[[Fields], str | None] = _nobody
    words: Callable[[Fields], str | None] = _no_words
    facets: Callable[[Fields], list[tuple[str, str]]] | None = None
    alike: Likeness | None = None
    derived: frozenset[str] = frozenset()
    complete: Callable[[Fields], Fields] = _as_it_is
    check: Callable[[Fields], list[dict[str, str]]] = _no_errors
    attend: Callable[[Fields], Attention] = _all_well
    judge: Callable[[Fields, Fields, Fields | None, bool], str] = _may_stand
    own: Callable[[Fields, Fields | None, str], bool] = _not_own
    here: dict[str, str] = field(default_factory=dict)
    standing: Callable[[Fields], Standing] = _nowhere
    versions: frozenset[int] = field(default=frozenset({1}))
    lives: Literal["grid", "above", "any"] = "grid"

    def may_live(self, above: bool) -> bool:
        """Whether it may be in an area that lies ``above`` the grids, or in one that is a grid."""
        return self.lives in ("any", "above" if above else "grid")


class Catalogue:
    """All kinds by name; ``derived`` says by which rules lookups, words and facets are made of fields."""

    def __init__(self, kinds: Iterable[Kind], derived: str = "") -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self.derived = derived

    def get(self, name: str) -> Kind | None:
        """The kind called ``name``, or None where this build does not know it."""
        return self._kinds.get(name)

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds.values())
