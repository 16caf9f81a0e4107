"""What people said of tracks and pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create its table."""
    op.create_table(
        "feedback",
        sa.Column("id", ID, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("valence", sa.Float),
        sa.Column("arousal", sa.Float),
        sa.Column("track_path", sa.LargeBinary),
        sa.Column("track_identifier", sa.Text),
        sa.Column("track_title", sa.Text),
        sa.Column("track_artist", sa.Text),
        sa.Column("track_genre", sa.Text),
        sa.Column("track_duration", sa.Float),
        sa.Column("track_content", sa.Text),
        sa.Column("track_sound", sa.Text),
        sa.Column("track_valence", sa.Float),
        sa.Column("track_arousal", sa.Float),
        sa.Column("track_model", sa.Text),
        sa.Column("picture_path", sa.LargeBinary),
        sa.Column("picture_content", sa.Text),
        sa.Column("picture_valence", sa.Float),
        sa.Column("picture_arousal", sa.Float),
        sa.Column("picture_model", sa.Text),
        sqlite_autoincrement=True,
    )
