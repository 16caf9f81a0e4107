"""Tracks, their curves and affects, and failures."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

UNIT = ("danceability", "energy", "raw_valence", "acousticness", "instrumentalness", "liveness", "speechiness")
ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def of_track() -> sa.Column[int]:
    """The column of what belongs to a track, and goes with it."""
    of = sa.ForeignKey("tracks.id", ondelete="CASCADE")
    return sa.Column("track_id", ID, of, primary_key=True, autoincrement=False)


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
        *(sa.Column(name, sa.Float, nullable=False) for name in ("duration", "listened", "valence", "arousal")),
        *(sa.Column(name, sa.Float, nullable=False) for name in UNIT),
        sa.Column("tempo", sa.Float),
        sa.Column("key", sa.Integer),
        sa.Column("mode", sa.Integer),
        sa.Column("loudness", sa.Float),
        sa.Column("onset_rate", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tracks_content", "tracks", ["content"])
    op.create_table("curves", of_track(), sa.Column("points", sa.LargeBinary, nullable=False))
    op.create_table("affects", of_track(), sa.Column("packed", sa.LargeBinary, nullable=False))
    op.create_table(
        "failures",
        sa.Column("path", sa.LargeBinary, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("analyzer", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
