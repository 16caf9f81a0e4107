"""Songs and playlists of music servers."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "servers",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("walk", sa.BigInteger, nullable=False),
        sa.Column("walked", sa.Text),
        sa.Column("told", sa.BigInteger),
        sa.Column("changes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "server_songs",
        sa.Column("connection", sa.Text, sa.ForeignKey("servers.connection", ondelete="CASCADE"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text) for name in ("title", "artist", "album", "album_artist", "path", "recording")),
        *(sa.Column(name, sa.Integer) for name in ("year", "number")),
        sa.Column("duration", sa.Float),
        sa.Column("size", sa.BigInteger),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("liked", sa.Boolean, nullable=False),
        sa.Column("walk", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("why", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "server_tracks",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("song_id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("track_id", ID, sa.ForeignKey("tracks.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("sure", sa.Boolean, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("how", "why")),
        sa.ForeignKeyConstraint(
            ("connection", "song_id"), ("server_songs.connection", "server_songs.id"), ondelete="CASCADE"
        ),
    )
    of_playlist = sa.ForeignKey("playlists.id", ondelete="CASCADE")
    op.create_table(
        "server_playlists",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("playlist_id", ID, of_playlist, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("mark", "name", "songs")),
        *(sa.Column(name, sa.Text) for name in ("sending", "naming", "before", "title", "updated")),
        sa.Column("theirs", sa.Boolean, nullable=False),
        sa.Index("ix_server_playlists_playlist_id", "playlist_id"),
    )
