"""The index of what is no music went by what that was before; 0011 makes others."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Drop it."""
    op.execute("DROP INDEX IF EXISTS ix_tracks_no_music")
