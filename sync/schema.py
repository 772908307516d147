"""The tables. Two sorts:

*Distributed* tables (record, log, receipt, quarantine, audit, tally, twin, prepared, area_log) belong to an
area: ``area_id`` leads every primary, unique and foreign key, ids are 36-character strings, and nothing
relies on serials, triggers, LISTEN/NOTIFY, advisory locks or transaction ids, so that the same schema
distributes by area (design D4).
*Reference* tables (area, account, access, device, …) are small and replicated whole.
Instants are milliseconds since 1970 UTC; documents are JSON text.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    }
)


def _id(name: str, *, key: bool = False, optional: bool = False) -> Column[str]:
    return Column(name, String(36), primary_key=key, nullable=optional)


def _instant(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


# -- distributed by area -------------------------------------------------------------------------------

area_log = Table(
    "area_log",
    metadata,
    _id("area_id", key=True),
    Column("head", BigInteger, nullable=False),
    # A cursor below this number has missed tombstones that are gone: its area starts afresh.
    Column("floor", BigInteger, nullable=False, server_default="0"),
    # The number of the last erasure: what was prepared before it is not sent any more.
    Column("erased", BigInteger, nullable=False, server_default="0"),
    # 1 where the area lies above the grids (a village and up): nothing about a person is ever in it.
    Column("above", Integer, nullable=False, server_default="0"),
)

record = Table(
    "record",
    metadata,
    _id("area_id", key=True),
    _id("record_id", key=True),
    Column("kind", String(40), nullable=False),
    Column("seq", BigInteger, nullable=False),
    _id("household_id", optional=True),
    _id("person_id", optional=True),
    _id("subject_id", optional=True),  # of a profile: the person, else the household, that it is about
    _id("author_id", optional=True),
    _id("device_id", optional=True),
    _instant("occurred_at", optional=True),
    _instant("received_at"),
    Column("state", String(10), nullable=True),
    Column("attention", String(10), nullable=True),
    Column("attention_rank", Integer, nullable=True),
    Column("lookup", String(200), nullable=True),
    Column("words", String(400), nullable=True),  # of a profile: what a search finds it by
    Column("body", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("edits", Text, nullable=True),
    ForeignKeyConstraint(["area_id"], ["area_log.area_id"]),
    Index("ix_record_area_id_seq", "area_id", "seq"),
    Index("ix_record_area_id_person_id_occurred_at", "area_id", "person_id", "occurred_at"),
    Index("ix_record_area_id_subject_id", "area_id", "subject_id"),
    Index("ix_record_area_id_kind_state", "area_id", "kind", "state"),
    Index("ix_record_lookup", "lookup"),
)
# What a desk over many grids reads in order, or counts, without reading the records themselves.
_PARTIAL = {
    "ix_record_words": (("area_id", "kind", "words", "record_id"), "words IS NOT NULL"),
    "ix_record_pending": (
        ("attention_rank", "received_at", "record_id", "area_id", "kind"),
        "state = 'pending'",
    ),
    "ix_record_occurred_at": (
        ("occurred_at", "record_id", "area_id", "kind", "state", "author_id"),
        "attention_rank IS NOT NULL",
    ),
    "ix_record_conflict": (("state", "area_id", "record_id", "kind"), "state = 'conflict'"),
}
for _name, (_columns, _where) in _PARTIAL.items():
    Index(
        _name,
        *(record.c[column] for column in _columns),
        sqlite_where=text(_where),
        postgresql_where=text(_where),
    )

# How many of each kind an area has, and of what sort: kept by the fold, a function of the area's records.
tally = Table(
    "tally",
    metadata,
    _id("area_id", key=True),
    Column("kind", String(40), primary_key=True),
    Column("total", Integer, nullable=False),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["area_id"], ["area_log.area_id"]),
)

# Two records of an area that may be one: for a supervisor to decide, and what was decided.
twin = Table(
    "twin",
    metadata,
    _id("area_id", key=True),
    _id("one_id", key=True),
    _id("other_id", key=True),
    Column("kind", String(40), nullable=False),
    Column("state", String(10), nullable=False),  # waiting, different, merged; hidden: one was merged away
    _instant("found_at"),
    _id("decided_by", optional=True),
    _instant("decided_at", optional=True),
    ForeignKeyConstraint(["area_id"], ["area_log.area_id"]),
    Index("ix_twin_area_id_state", "area_id", "state"),
)

log = Table(
    "log",
    metadata,
    _id("area_id", key=True),
    Column("seq", BigInteger, primary_key=True),
    _id("record_id"),
    _id("change_id"),
    Column("kind", String(40), nullable=False),
    Column("op", String(10), nullable=False),
    _id("author_id", optional=True),
    _id("device_id", optional=True),
    Column("stamp", String(40), nullable=False),
    _instant("received_at"),
    ForeignKeyConstraint(["area_id"], ["area_log.area_id"]),
)

receipt = Table(
    "receipt",
    metadata,
    _id("area_id", key=True),
    _id("change_id", key=True),
    Column("hash", String(64), nullable=False),
    Column("status", String(12), nullable=False),
    Column("code", String(40), nullable=True),
    Column("seq", BigInteger, nullable=True),
    _id("author_id", optional=True),
    _id("device_id", optional=True),
    _instant("received_at"),
    Column("change", Text, nullable=False),
    Column("detail", Text, nullable=True),
    Index("ix_receipt_change_id", "change_id"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _id("area_id", key=True),
    _id("change_id", key=True),
    Column("code", String(40), nullable=False),
    Column("change", Text, nullable=False),
    Column("detail", Text, nullable=True),
    _id("author_id", optional=True),
    _id("device_id", optional=True),
    _instant("received_at"),
    Column("state", String(10), nullable=False),  # waiting, accepted, declined
    _id("decided_by", optional=True),
    _instant("decided_at", optional=True),
    Column("reason", Text, nullable=True),
    Index("ix_quarantine_state", "state"),
    Index("ix_quarantine_author_id", "author_id"),
)

audit = Table(
    "audit",
    metadata,
    _id("area_id", key=True),
    _id("audit_id", key=True),
    _instant("at"),
    _id("actor_id", optional=True),
    _id("device_id", optional=True),
    Column("action", String(40), nullable=False),  # a word of the protocol: accept, decline, move, …
    Column("subject", String(40), nullable=False),  # the id of what it was done to
    Column("detail", Text, nullable=True),  # JSON; ids and codes only, nothing that describes a person
)

prepared = Table(
    "prepared",
    metadata,
    _id("area_id", key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("form", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("read_at", BigInteger, nullable=False),
    Column("position", String(120), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    ForeignKeyConstraint(["area_id"], ["area_log.area_id"]),
)

# -- reference -----------------------------------------------------------------------------------------

area = Table(
    "area",
    metadata,
    _id("area_id", key=True),
    _id("parent_id", optional=True),
    Column("level", String(10), nullable=False),
    Column("name", String(80), nullable=False),
    Column("position", Integer, nullable=False),
    Index("ix_area_parent_id", "parent_id"),
)

installation = Table(
    "installation",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

account = Table(
    "account",
    metadata,
    _id("account_id", key=True),
    Column("login", String(80), nullable=False, unique=True),
    Column("name", String(80), nullable=False),
    Column("phone", String(40), nullable=True),
    Column("password_hash", Text, nullable=False),
    Column("language", String(10), nullable=True),
    Column("active", Integer, nullable=False),
    _instant("created_at"),
)

access = Table(
    "access",
    metadata,
    _id("area_id", key=True),
    _id("account_id", key=True),
    Column("role", String(20), primary_key=True),
    _instant("since"),
    _instant("until", optional=True),
    Index("ix_access_account_id", "account_id"),
)

device = Table(
    "device",
    metadata,
    _id("device_id", key=True),
    _id("account_id"),
    Column("name", String(200), nullable=False),
    _instant("created_at"),
    _instant("last_seen_at", optional=True),
    _instant("revoked_at", optional=True),
    Column("build", String(40), nullable=True),
    Index("ix_device_account_id", "account_id"),
)

device_area = Table(
    "device_area",
    metadata,
    _id("area_id", key=True),
    _id("device_id", key=True),
    _instant("given_at"),
    _instant("lost_at", optional=True),
    _instant("purged_at", optional=True),  # the phone has confirmed that it holds nothing of it any more
    Index("ix_device_area_device_id", "device_id"),
)

web_session = Table(
    "web_session",
    metadata,
    Column("session_id", String(64), primary_key=True),
    _id("account_id"),
    _instant("created_at"),
    _instant("last_seen_at"),
    _instant("expires_at"),
    Index("ix_web_session_account_id", "account_id"),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    _id("attempt_id", key=True),
    Column("login", String(80), nullable=False),
    Column("address", String(60), nullable=False),
    _instant("at"),
    Index("ix_sign_in_attempt_login_address_at", "login", "address", "at"),
)

public_attempt = Table(
    "public_attempt",
    metadata,
    _id("attempt_id", key=True),
    Column("action", String(20), nullable=False),  # guess, ask: what anybody may do without an account
    Column("address", String(60), nullable=False),
    _instant("at"),
    Index("ix_public_attempt_action_address_at", "action", "address", "at"),
)

used_token = Table(
    "used_token",
    metadata,
    Column("jti", String(64), primary_key=True),
    _instant("expires_at"),
)
