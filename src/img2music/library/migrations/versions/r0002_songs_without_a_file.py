"""Tracks without a file: what only a file has may be lacking, and they have an identifier."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from img2music.library.migrations.versions.r0001_tracks import UNIT

revision = "0002"
down_revision = "0001"

OF_FILES: dict[str, sa.types.TypeEngine[Any]] = {
    "path": sa.LargeBinary(),
    "size": sa.BigInteger(),
    "mtime_ns": sa.BigInteger(),
    "content": sa.Text(),
}
MEASURED = ("duration", "listened", *UNIT, "onset_rate")


def upgrade() -> None:
    """Let columns be empty, and add the identifier."""
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        counted = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'tracks'"))
    # SQLite makes the table anew, which must go on with its numbers where the old one was.
    with op.batch_alter_table("tracks", table_kwargs={"sqlite_autoincrement": True}) as batch:
        for name, kind in OF_FILES.items():
            batch.alter_column(name, existing_type=kind, nullable=True)
        for name in MEASURED:
            batch.alter_column(name, existing_type=sa.Float(), nullable=True)
        batch.add_column(sa.Column("identifier", sa.Text))
        batch.create_unique_constraint("uq_tracks_identifier", ["identifier"])
    if sqlite and counted is not None:
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'tracks'"))
        connection.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('tracks', :counted)"), {"counted": counted}
        )
