"""The hash of a track's sound, apart from its tags; empty until the next scan."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column, by which copies are found."""
    op.add_column("tracks", sa.Column("sound", sa.Text))
    op.create_index("ix_tracks_sound", "tracks", ["sound"])
