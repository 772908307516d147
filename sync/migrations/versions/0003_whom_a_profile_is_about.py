"""Whom a profile is about is a column of its record, so that it is found without reading every body."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SUBJECTS = {"person": "household", "card": "household", "pairing": "person"}  # as they were until now


def upgrade() -> None:
    op.add_column("record", sa.Column("subject_id", sa.String(length=36), nullable=True))
    op.create_index("ix_record_area_id_subject_id", "record", ["area_id", "subject_id"])
    names = ("area_id", "record_id", "kind", "body", "subject_id")
    record = sa.table("record", *(sa.column(name, sa.String()) for name in names))
    here = record.c.area_id == sa.bindparam("area"), record.c.record_id == sa.bindparam("id")
    name_subject = sa.update(record).where(*here).values(subject_id=sa.bindparam("subject"))
    tx = op.get_bind()
    for area in tx.scalars(sa.select(record.c.area_id).distinct()).all():
        mine = sa.select(record).where(record.c.area_id == area, record.c.kind.in_(tuple(SUBJECTS)))
        named = [
            {"area": area, "id": row.record_id, "subject": json.loads(row.body).get(SUBJECTS[row.kind])}
            for row in tx.execute(mine)
        ]
        if named:
            tx.execute(name_subject, named)
