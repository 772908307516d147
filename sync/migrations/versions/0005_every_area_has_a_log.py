"""Every area has a log, not only grids, which says whether it lies above them; areas by their parent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("area_log", sa.Column("above", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_area_parent_id", "area", ["parent_id"])
    area = sa.table("area", sa.column("area_id"), sa.column("level"))
    log = sa.table("area_log", *(sa.column(name) for name in ("area_id", "head", "above")))
    higher = sa.select(area.c.area_id).where(area.c.level != "grid")
    op.execute(log.update().where(log.c.area_id.in_(higher)).values(above=1))
    above = sa.case((area.c.level == "grid", 0), else_=1)
    missing = sa.select(area.c.area_id, sa.literal(0), above).where(
        area.c.area_id.not_in(sa.select(log.c.area_id))
    )
    op.execute(log.insert().from_select(["area_id", "head", "above"], missing))
