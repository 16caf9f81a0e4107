"""Positions at which people put pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add their columns."""
    for name in ("position_valence", "position_arousal"):
        op.add_column("feedback", sa.Column(name, sa.Float))
