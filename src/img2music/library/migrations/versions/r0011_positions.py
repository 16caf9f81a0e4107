"""Positions at which people put pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add their columns."""
    for name in ("position_valence", "position_arousal"):
        op.add_column("feedback", sa.Column(name, sa.Float))
