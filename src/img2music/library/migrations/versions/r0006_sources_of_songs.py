"""Which tables and playlists songs without a file came from."""

import sqlalchemy as sa
from alembic import op

from img2music.library.schema import ID

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add a table; of songs that are there already, nobody knows."""
    op.create_table(
        "song_sources",
        sa.Column(
            "track_id", ID, sa.ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("source", sa.Text, primary_key=True),
    )
