"""Jobs, playlists, and a counter of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "jobs",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("cancelling", sa.Boolean, nullable=False, server_default=sa.text("false")),
        *(sa.Column(name, sa.Text) for name in ("created", "started", "ended", "stage", "unit", "item")),
        *(sa.Column(name, sa.Float) for name in ("done", "total", "rate", "left")),
        sa.Column("result", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("event", sa.BigInteger, nullable=False, unique=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job_log",
        sa.Column("id", ID, primary_key=True),
        sa.Column("job_id", ID, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counters, [{"name": "changes", "value": 0}, {"name": "events", "value": 0}])
    op.create_table(
        "playlists",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("updated", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "playlist_tracks",
        sa.Column("playlist_id", ID, sa.ForeignKey("playlists.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("track_id", ID, sa.ForeignKey("tracks.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("start", sa.Float),
        sa.Column("end", sa.Float),
    )
