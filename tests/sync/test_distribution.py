"""The schema can be distributed by area (design D4): held as tables here, and as PostgreSQL has them.

By construction: no distributed form of PostgreSQL is run.
"""

from __future__ import annotations

import pytest
from sqlalchemy import UniqueConstraint, create_engine, text

from sync.schema import metadata
from tests.conftest import database_url

DISTRIBUTED = ("area_log", "record", "log", "receipt", "quarantine", "audit", "prepared", "tally", "twin")
LEADS = """
    SELECT c.relname AS table, i.relname AS key, a.attname AS first
    FROM pg_index x
    JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
    WHERE x.indisunique AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT c.relname, k.conname, a.attname
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
    WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace
"""
NOTHING = {
    "sequences": "SELECT relname FROM pg_class WHERE relkind = 'S'",
    "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "identities": "SELECT attname FROM pg_attribute WHERE attidentity <> ''",
    "defaults that differ by node": """
        SELECT adrelid::regclass, pg_get_expr(adbin, adrelid) FROM pg_attrdef
        WHERE pg_get_expr(adbin, adrelid) !~ '^''?[0-9]+''?(::bigint)?$'""",
}


@pytest.mark.parametrize("name", DISTRIBUTED)
def test_the_area_leads_every_key_of_a_distributed_table(name: str) -> None:
    table = metadata.tables[name]
    keys = [list(table.primary_key.columns)]
    keys += [list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
    keys += [list(index.columns) for index in table.indexes if index.unique]
    keys += [list(each.columns) for each in table.foreign_key_constraints]
    assert {key[0].name for key in keys} == {"area_id"}
    for each in table.foreign_keys:
        assert each.column.name == "area_id"
        assert each.column.table.name in DISTRIBUTED
    assert not any(column.autoincrement is True or column.identity for column in table.columns)


def test_every_table_with_an_area_is_known_to_be_distributed_or_reference() -> None:
    with_area = {name for name, table in metadata.tables.items() if "area_id" in table.primary_key.columns}
    assert with_area - set(DISTRIBUTED) == {"area", "access", "device_area"}


def test_the_migrated_database_keeps_to_the_same_rules(postgres: str) -> None:
    engine = create_engine(database_url(postgres, "model"))
    with engine.connect() as connection:
        keys = connection.execute(text(LEADS)).all()
        found = {what: connection.execute(text(query)).all() for what, query in NOTHING.items()}
    engine.dispose()
    led = {row.table for row in keys if row.table in DISTRIBUTED}
    assert led == set(DISTRIBUTED)
    assert [row for row in keys if row.table in DISTRIBUTED and row.first != "area_id"] == []
    assert {what: rows for what, rows in found.items() if rows} == {}
