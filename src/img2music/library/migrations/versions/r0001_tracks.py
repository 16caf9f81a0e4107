"""Tracks, their curves and affects, and failures."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "tracks",
        sa.Column("id", ID, primary_key=True),
        sa.Column("path", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("missing", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("title", sa.Text),
        sa.Column("artist", sa.Text),
        sa.Column("album", sa.Text),
        sa.Column("album_artist", sa.Text),
        sa.Column("genre", sa.Text),
        sa.Column("year", sa.Integer),
        sa.Column("artist_folded", sa.Text),
        sa.Column("album_folded", sa.Text),
        sa.Column("genre_folded", sa.Text),
        sa.Column("analyzer", sa.Text, nullable=False),
        sa.Column("duration", sa.Float, nullable=False),
        sa.Column("listened", sa.Float, nullable=False),
        sa.Column("valence", sa.Float, nullable=False),
        sa.Column("arousal", sa.Float, nullable=False),
        sa.Column("danceability", sa.Float, nullable=False),
        sa.Column("energy", sa.Float, nullable=False),
        sa.Column("raw_valence", sa.Float, nullable=False),
        sa.Column("acousticness", sa.Float, nullable=False),
        sa.Column("instrumentalness", sa.Float, nullable=False),
        sa.Column("liveness", sa.Float, nullable=False),
        sa.Column("speechiness", sa.Float, nullable=False),
        sa.Column("tempo", sa.Float),
        sa.Column("key", sa.Integer),
        sa.Column("mode", sa.Integer),
        sa.Column("loudness", sa.Float),
        sa.Column("onset_rate", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tracks_content", "tracks", ["content"])
    op.create_table(
        "curves",
        sa.Column(
            "track_id",
            ID,
            sa.ForeignKey("tracks.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("points", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "affects",
        sa.Column(
            "track_id",
            ID,
            sa.ForeignKey("tracks.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("packed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "failures",
        sa.Column("path", sa.LargeBinary, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("analyzer", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
