"""Results in a notebook: what was found on the affect plane, and as a table in which passages play."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from img2music.errors import InputError
from img2music.matching.passages import LENGTH
from img2music.matching.playlists import clean
from img2music.media.clips import read_clip

if TYPE_CHECKING:
    from img2music.matching.passages import Passage
    from img2music.matching.recommendation import Match, Recommendation

HEADS = ("", "title", "artist", "similarity", "passage", "reason")
MOST_PLAYERS = 10
"""In one result: each takes a quarter of a megabyte of the notebook."""

Point = tuple[float, float, str]
"""A point of the plane: valence, arousal, and what is there."""


class Players:
    """Makes the players of one result, of its first passages that can be read."""

    def __init__(self) -> None:
        self._left = MOST_PLAYERS

    def of(self, path: str | None, passage: "Passage | None") -> str:
        """The times of a passage, and a player that holds its sound."""
        if passage is None:
            return ""
        if path is None or not self._left:
            return str(passage)
        try:
            sound = read_clip(path, passage.start, min(passage.end, passage.start + LENGTH))
        except InputError:
            return str(passage)
        self._left -= 1
        return player(f"data:audio/ogg;base64,{base64.b64encode(sound).decode()}", passage)


def player(address: str, passage: "Passage") -> str:
    """The times of a passage, and what plays it."""
    audio = f'<audio controls preload="none" style="width: 14em; height: 2em" src="{escape(address)}"></audio>'
    return f"{passage}<br/>{audio}"


def recommendations(found: "Iterable[Recommendation]") -> str:
    """For each a heading, the plane and the table."""
    players = Players()
    return "".join(_recommendation(one, players) for one in found)


def _recommendation(found: "Recommendation", players: Players) -> str:
    rows = [_cells(match, players) for match in found.matches]
    return laid_out(str(found.query), songs_plane(found), HEADS, rows)


def songs_plane(found: "Recommendation") -> str:
    """Where a query and its songs stand."""
    songs = [(*match.position, match.track.shown_title) for match in found.matches]
    return plane("the query (square) and its songs", songs, found.position)


def _cells(match: "Match", players: Players) -> list[str]:
    track = match.track
    texts = [str(match.rank), track.shown_title, track.artist or "", f"{match.similarity:.2f}"]
    return [text(each) for each in texts] + [players.of(track.path, match.passage), text(match.reason)]


def laid_out(heading: str, drawn: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A heading, a drawing, and beside it a table, whose cells are HTML; no text in it is taken for a formula."""
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(map(_cell, cells))}</tr>" for cells in rows)
    return (
        f'<div class="tex2jax_ignore mathjax_ignore"><p><b>{text(heading)}</b></p>'
        f'<div style="display: flex; gap: 1em; align-items: flex-start">{drawn}'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )


def _cell(content: str) -> str:
    return f'<td style="text-align: left">{content}</td>'


def plane(about: str, points: Iterable[Point], query: tuple[float, float] | None = None) -> str:
    """The unit square of valence and arousal, 100 units a side, arousal upwards."""
    drawn = "".join(
        f'<circle cx="{100 * x:.1f}" cy="{100 - 100 * y:.1f}" r="2.5" fill="#0072b2">'
        f"<title>{text(name)}</title></circle>"
        for x, y, name in points
    )
    if query is not None:
        x, y = query
        drawn += f'<rect x="{100 * x - 3:.1f}" y="{97 - 100 * y:.1f}" width="6" height="6" fill="#d55e00"/>'
    return (
        '<svg viewBox="-6 -6 112 112" style="width: 14em; flex: none" role="img">'
        f"<title>Valence to the right, arousal upwards: {about}</title>"
        '<path d="M0 0H100V100H0ZM50 0V100M0 50H100" fill="none" stroke="#bbbbbb" stroke-width="0.5"/>'
        f"{drawn}</svg>"
    )


def text(value: str) -> str:
    """Text as HTML shows it, and nothing else."""
    return escape(clean(value))
