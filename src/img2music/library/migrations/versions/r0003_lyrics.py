"""Lyrics by source."""

import sqlalchemy as sa
from alembic import op

from img2music.library.migrations.versions.r0001_tracks import of_track

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "lyrics",
        of_track(),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("text", sa.Text),
        sa.Column("instrumental", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("language", sa.Text),
        sa.Column("fetched", sa.BigInteger, nullable=False),
    )
