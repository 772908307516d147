"""What a search finds a profile by, kept counts, and indexes for desks over many grids."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTIAL = {
    "ix_record_words": (["area_id", "kind", "words", "record_id"], "words IS NOT NULL"),
    "ix_record_pending": (
        ["attention_rank", "received_at", "record_id", "area_id", "kind"],
        "state = 'pending'",
    ),
    "ix_record_occurred_at": (
        ["occurred_at", "record_id", "area_id", "kind", "state", "author_id"],
        "attention_rank IS NOT NULL",
    ),
    "ix_record_conflict": (["area_id", "kind"], "state = 'conflict'"),
}


def upgrade() -> None:
    op.add_column("record", sa.Column("words", sa.String(length=400), nullable=True))
    for name, (columns, where) in PARTIAL.items():
        op.create_index(name, "record", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_table(
        "tally",
        sa.Column("area_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area_log.area_id"], name=op.f("fk_tally_area_id_area_log")),
        sa.PrimaryKeyConstraint("area_id", "kind", name=op.f("pk_tally")),
    )
