"""A recommendation as JSON, CSV, playlist or table."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

from img2music.errors import UsageError
from img2music.files import FileKind
from img2music.matching.playlists import Entry, jspf, m3u8, xspf
from img2music.matching.query import QueryKind
from img2music.matching.recommending import SCHEMA, Answer, Recommendation

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
    """CSV with a line for every match (`CSV_COLUMNS`), in UTF-8; bytes of names that are not become escapes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180; else a lone "\r" in a name stays unquoted
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
                    match.passage.start if match.passage else None,
                    match.passage.end if match.passage else None,
                    match.why,
                )
            )
    return text.getvalue().encode("utf-8", "backslashreplace")


def as_m3u8(recommendation: Recommendation, folder: Path | None = None) -> bytes:
    """M3U8 playlist; see `playlists.m3u8`."""
    return m3u8(_entries(recommendation), folder).encode("utf-8")


def as_m3u(recommendation: Recommendation, folder: Path | None = None) -> bytes:
    """The same under the older ending, which by itself does not tell the encoding."""
    return as_m3u8(recommendation, folder).replace(b"#EXTM3U\n", b"#EXTM3U\n#EXTENC:UTF-8\n", 1)


def as_xspf(recommendation: Recommendation, _folder: Path | None = None) -> bytes:
    """XSPF playlist."""
    return xspf(_entries(recommendation), TITLE).encode("utf-8")


def as_jspf(recommendation: Recommendation, _folder: Path | None = None) -> bytes:
    """JSPF playlist."""
    return jspf(_entries(recommendation), TITLE).encode("utf-8")


def _entries(recommendation: Recommendation) -> list[Entry]:
    return [Entry(match.track, match.why) for match in recommendation.matches()]


FILES_ONLY = {"m3u8", "m3u"}
"""Formats that have no place for a song without a file."""

WRITERS: dict[str, Callable[[Recommendation, Path | None], bytes]] = {
    "json": as_json,
    "csv": as_csv,
    "m3u8": as_m3u8,
    "m3u": as_m3u,
    "xspf": as_xspf,
    "jspf": as_jspf,
}
"""By name, what turns a recommendation into the bytes of a file; given the folder that the file will lie in."""

PLAYLIST = FileKind("an M3U playlist", (".m3u8", ".m3u"), rb"(\xef\xbb\xbf)?#EXTM3U")
KINDS = {
    "json": FileKind.json("a JSON list of matches by img2music", SCHEMA),
    "csv": FileKind.csv("a CSV list of matches by img2music", CSV_COLUMNS),
    "m3u8": PLAYLIST,
    "m3u": PLAYLIST,
    "xspf": FileKind("an XSPF playlist", (".xspf",), rb"(\xef\xbb\xbf)?<\?xml.*<playlist"),
    "jspf": FileKind("a JSPF playlist", (".jspf", ".json"), rb'\s*\{\s*"playlist"'),
}


def chosen_format(wanted: str | None, output: Path | None, *, terminal: bool) -> str:
    """Resolve which format is meant."""
    if wanted is None:
        if output is None:
            return "table" if terminal else "json"
        wanted = output.suffix[1:].lower()
    if output is not None and wanted not in WRITERS:
        raise UsageError(f"{output}: --output needs --format {', '.join(WRITERS)} (or a file name that ends so).")
    return wanted


def table_columns(recommendation: Recommendation) -> list[str]:
    """Heads of the columns of `table_rows`; ``>`` marks those that are set flush right."""
    return [">#", "song, and why", *(["for"] if recommendation.together else []), ">passage", ">similarity"]


def table_title(answer: Answer) -> str:
    """One line about a query, its affect on the unit scale."""
    if len(answer.asked) > 1:
        songs = sum(query.kind is QueryKind.SONG for query in answer.asked)
        counts = ((len(answer.asked) - songs, "pictures"), (songs, "songs"))
        return f"One playlist for {' and '.join(f'{count} {what}' for count, what in counts if count)}"
    (query,) = answer.asked
    name = f"{Path(query.path).name}: " if query.path else ""
    return f"{name}{query.affect.word} (valence {query.affect.valence:.2f}, arousal {query.affect.arousal:.2f})"


def table_rows(recommendation: Recommendation, answer: Answer) -> list[list[str]]:
    """Two rows a match: what it is, and why."""
    rows = []
    for match in answer.matches:
        track = match.track
        picture = [Path(match.query.path).name if match.query.path else ""] if recommendation.together else []
        passage = f"{_clock(match.passage.start)}-{_clock(match.passage.end)}" if match.passage else ""
        rows.append([str(match.rank), track.display_name, *picture, passage, f"{match.similarity:.2f}"])
        rows.append(["", f"  {match.why}", *([""] if recommendation.together else []), "", ""])
    return rows


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
