"""Decisions on what is held, the areas that phones hold, an audit, how far back tombstones reach."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("area_log", sa.Column("floor", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("area_log", sa.Column("erased", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("quarantine", sa.Column("decided_by", sa.String(length=36), nullable=True))
    op.add_column("quarantine", sa.Column("decided_at", sa.BigInteger(), nullable=True))
    op.add_column("quarantine", sa.Column("reason", sa.Text(), nullable=True))
    op.create_index("ix_quarantine_state", "quarantine", ["state"])
    op.create_index("ix_quarantine_author_id", "quarantine", ["author_id"])
    op.create_table(
        "audit",
        sa.Column("area_id", sa.String(length=36), nullable=False),
        sa.Column("audit_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("device_id", sa.String(length=36), nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("area_id", "audit_id", name=op.f("pk_audit")),
    )
    op.create_table(
        "device_area",
        sa.Column("area_id", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("lost_at", sa.BigInteger(), nullable=True),
        sa.Column("purged_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("area_id", "device_id", name=op.f("pk_device_area")),
    )
    op.create_index("ix_device_area_device_id", "device_area", ["device_id"])
