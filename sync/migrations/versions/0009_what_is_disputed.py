"""What two people wrote differently is found by its state, whichever of many areas it lies in."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DISPUTED = sa.text("state = 'conflict'")


def upgrade() -> None:
    op.drop_index("ix_record_conflict", "record")
    op.create_index(
        "ix_record_conflict",
        "record",
        ["state", "area_id", "record_id", "kind"],
        sqlite_where=DISPUTED,
        postgresql_where=DISPUTED,
    )
