"""Lyrics by source."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "lyrics",
        sa.Column(
            "track_id",
            ID,
            sa.ForeignKey("tracks.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("text", sa.Text),
        sa.Column("instrumental", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("language", sa.Text),
        sa.Column("fetched", sa.BigInteger, nullable=False),
    )
