"""Files that scans are to look into, kinds of failures, positions of pictures, and indices for filters."""

import sqlalchemy as sa
from alembic import op

from img2music.analysis import NO_MUSIC
from img2music.library.filters import INDICES

revision = "0011"
down_revision = "0010"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create tables, columns and indices; tell files that are silent from those that are damaged."""
    op.create_table(
        "scans",
        sa.Column("id", ID, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("folders", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("started", "updated")),
        *(sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in ("planned", "done", "failed")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "work",
        sa.Column("path", sa.LargeBinary, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("scan_id", ID, sa.ForeignKey("scans.id", ondelete="SET NULL")),
        sa.Index("ix_work_scan_id_path", "scan_id", "path"),
    )
    op.add_column("failures", sa.Column("stage", sa.Text, nullable=False, server_default="analyse"))
    op.add_column("failures", sa.Column("kind", sa.Text, nullable=False, server_default="damaged"))
    op.add_column("failures", sa.Column("attempts", sa.Integer, nullable=False, server_default="1"))
    failures = sa.table("failures", sa.column("kind"), sa.column("reason"))
    op.execute(failures.update().where(failures.c.reason == NO_MUSIC).values(kind="silent"))
    for name in ("position_valence", "position_arousal"):
        op.add_column("feedback", sa.Column(name, sa.Float))
    op.execute("DROP INDEX IF EXISTS ix_tracks_no_music")  # there is one for each kind of it now
    for index in INDICES:
        index.create(op.get_bind())
