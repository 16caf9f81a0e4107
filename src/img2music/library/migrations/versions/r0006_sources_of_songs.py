"""Which tables and playlists songs without a file came from, and an index of what is no music."""

import sqlalchemy as sa
from alembic import op

from img2music.library.filters import NO_MUSIC_INDEX
from img2music.library.migrations.versions.r0001_tracks import of_track

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table, in which nothing is of songs that are there already, and the index."""
    op.create_table("song_sources", of_track(), sa.Column("source", sa.Text, primary_key=True))
    NO_MUSIC_INDEX.create(op.get_bind())
