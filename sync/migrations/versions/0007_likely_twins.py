"""Pairs of records that may be one person or one household, and what was decided about them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "twin",
        *(
            sa.Column(name, sa.String(length=36), nullable=False)
            for name in ("area_id", "one_id", "other_id")
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=36), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area_log.area_id"], name=op.f("fk_twin_area_id_area_log")),
        sa.PrimaryKeyConstraint("area_id", "one_id", "other_id", name=op.f("pk_twin")),
    )
    op.create_index("ix_twin_area_id_state", "twin", ["area_id", "state"])
