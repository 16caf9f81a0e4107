"""What is read in lyrics, and the valence of tracks without it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add columns; until lyrics are fetched, valence is what is heard."""
    op.add_column("lyrics", sa.Column("valence", sa.Float))
    op.add_column("tracks", sa.Column("heard_valence", sa.Float))
    op.execute("UPDATE tracks SET heard_valence = valence")
