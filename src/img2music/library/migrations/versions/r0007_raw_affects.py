"""What was heard is stored apart from what words say; affects are derived from both when they are read."""

import struct

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

A_BATCH = 50_000
RAW = """
    SELECT id, valence, arousal, CASE WHEN path IS NOT NULL THEN (
        SELECT valence FROM lyrics
        WHERE track_id = tracks.id AND (text IS NOT NULL OR instrumental)
        ORDER BY text IS NULL, CASE source WHEN 'tags' THEN 0 WHEN 'files' THEN 1 WHEN 'table' THEN 2
            WHEN 'lrclib' THEN 3 WHEN 'musixmatch' THEN 4 ELSE 5 END
        LIMIT 1) END
    FROM tracks WHERE NOT missing AND id > :above ORDER BY id LIMIT :most
"""


def upgrade() -> None:
    """Let valence be what was heard again, and pack it with what the words say."""
    connection = op.get_bind()
    op.execute("UPDATE tracks SET valence = heard_valence WHERE heard_valence IS NOT NULL")
    op.drop_column("tracks", "heard_valence")
    op.add_column("affects", sa.Column("words", sa.LargeBinary))
    words = sa.text("words IS NOT NULL")
    op.create_index("ix_affects_words", "affects", ["track_id", "words"], sqlite_where=words, postgresql_where=words)
    op.execute("DELETE FROM affects")
    affects = sa.table("affects", sa.column("track_id"), sa.column("packed"), sa.column("words"))
    above = 0
    while rows := connection.execute(sa.text(RAW), {"above": above, "most": A_BATCH}).all():
        above = rows[-1][0]
        packed = [
            {
                "track_id": track,
                "packed": struct.pack("<qdd", track, valence, arousal),
                "words": None if words is None else struct.pack("<qd", track, words),
            }
            for track, valence, arousal, words in rows
        ]
        connection.execute(sa.insert(affects), packed)
