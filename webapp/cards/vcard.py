"""A contact as a vCard 3.0 (RFC 2426), for a code that needs no network. Pure.

Scanned, it lands in the phone's address book: the cadre's number and those for an emergency, nothing of the
family. A label goes with a number (``X-ABLABEL`` in a group) where the number does not say by itself whose it
is.
"""

from __future__ import annotations

EMERGENCY = ("120", "110")  # 急救, 报警: the same in all of China


def make_vcard(contact: dict[str, str]) -> str:
    """The vCard of a grid's ``contact``: ``name``, ``phone``, ``grid``, ``clinic_…`` and ``police_…``.

    Where nobody is responsible yet, the station's name stands in for the person's.
    """
    who = contact["name"] or contact["station_name"] or contact["grid"]
    known_as = _escape(f"{who} {contact['grid']}")
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{_escape(who)};;;;", f"FN:{known_as}"]
    if contact["phone"]:
        lines.append(f"TEL;TYPE=CELL:{_digits(contact['phone'])}")
    labelled = [(contact[f"{whose}_phone"], contact[f"{whose}_name"]) for whose in ("clinic", "police")]
    for place, (phone, name) in enumerate(((p, n) for p, n in labelled if p), 1):
        lines += [f"item{place}.TEL:{_digits(phone)}", f"item{place}.X-ABLABEL:{_escape(name)}"]
    lines += [f"TEL:{number}" for number in EMERGENCY]
    return "\r\n".join([*lines, "END:VCARD", ""])


def _digits(phone: str) -> str:
    return "".join(character for character in phone if character.isdigit() or character == "+")


def _escape(text: str) -> str:
    """A value of text as RFC 2426 section 5 writes it."""
    for plain in ("\\", ";", ","):
        text = text.replace(plain, f"\\{plain}")
    return text.replace("\r", "").replace("\n", "\\n")
