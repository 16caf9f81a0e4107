"""Which tables and playlists songs without a file came from."""

import sqlalchemy as sa
from alembic import op

from img2music.library.migrations.versions.r0001_tracks import of_track

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table, in which nothing is of songs that are there already."""
    op.create_table("song_sources", of_track(), sa.Column("source", sa.Text, primary_key=True))
