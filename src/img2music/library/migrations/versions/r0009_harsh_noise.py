"""The index of what is no music, as that is told now."""

from alembic import op

from img2music.library.filters import NO_MUSIC_INDEX

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make it anew."""
    NO_MUSIC_INDEX.drop(op.get_bind())
    NO_MUSIC_INDEX.create(op.get_bind())
