"""Indices from which filters among millions of tracks are answered."""

from alembic import op

from img2music.library.filters import INDICES

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make them; that of all that is no music becomes one for each kind of it."""
    op.execute("DROP INDEX IF EXISTS ix_tracks_no_music")
    for index in INDICES:
        index.create(op.get_bind())
