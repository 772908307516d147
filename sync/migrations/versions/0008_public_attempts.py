"""How often an address guessed a card's code, or asked for something by a card."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_attempt",
        sa.Column("attempt_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_public_attempt")),
    )
    op.create_index("ix_public_attempt_action_address_at", "public_attempt", ["action", "address", "at"])
