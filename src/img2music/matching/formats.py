"""A recommendation as bytes: JSON, CSV and playlists."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

from img2music.matching.playlists import Entry, jspf, m3u8, xspf
from img2music.matching.recommending import Recommendation

TITLE = "Songs by img2music"

CSV_COLUMNS = (
    "query",
    "rank",
    "id",
    "path",
    "title",
    "artist",
    "album",
    "duration",
    "valence",
    "arousal",
    "distance",
    "similarity",
    "start",
    "end",
    "why",
)


def as_json(recommendation: Recommendation, _folder: Path | None = None) -> bytes:
    """JSON in the shape ``img2music/recommend/1``, in ASCII: names that are not UTF-8 survive as surrogate escapes."""
    return (json.dumps(recommendation.to_json(), indent=2, allow_nan=False) + "\n").encode("ascii")


def as_csv(recommendation: Recommendation, _folder: Path | None = None) -> bytes:
    """CSV with a line for every match (`CSV_COLUMNS`), in UTF-8; file names keep their bytes, whatever they are."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for answer in recommendation.queries:
        for match in answer.matches:
            track = match.track
            writer.writerow(
                (
                    match.query.path,
                    match.rank,
                    track.id,
                    track.path,
                    track.title,
                    track.artist,
                    track.album,
                    track.duration,
                    track.affect.valence,
                    track.affect.arousal,
                    match.distance,
                    match.similarity,
                    match.passage.start,
                    match.passage.end,
                    match.why,
                )
            )
    return text.getvalue().encode("utf-8", "surrogateescape")


def as_m3u8(recommendation: Recommendation, folder: Path | None = None) -> bytes:
    """M3U8 playlist; see `playlists.m3u8`."""
    return m3u8(_entries(recommendation), folder).encode("utf-8")


def as_xspf(recommendation: Recommendation, _folder: Path | None = None) -> bytes:
    """XSPF playlist."""
    return xspf(_entries(recommendation), TITLE).encode("utf-8")


def as_jspf(recommendation: Recommendation, _folder: Path | None = None) -> bytes:
    """JSPF playlist."""
    return jspf(_entries(recommendation), TITLE).encode("utf-8")


def _entries(recommendation: Recommendation) -> list[Entry]:
    return [Entry(match.track, match.why) for match in recommendation.matches()]


WRITERS: dict[str, Callable[[Recommendation, Path | None], bytes]] = {
    "json": as_json,
    "csv": as_csv,
    "m3u8": as_m3u8,
    "xspf": as_xspf,
    "jspf": as_jspf,
}
"""By name, what turns a recommendation into the bytes of a file; given the folder that the file will lie in."""
