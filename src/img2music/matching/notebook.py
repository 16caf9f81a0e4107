"""A recommendation in a notebook: its matches on the affect plane, and as a table in which their passages play."""

import os
import urllib.parse
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from img2music.matching.playlists import clean

if TYPE_CHECKING:
    from img2music.matching.passages import Passage
    from img2music.matching.recommendation import Match, Recommendation

HEADS = ("", "title", "artist", "similarity", "passage", "reason")


def as_html(found: "Recommendation") -> str:
    """A heading, the plane and the table."""
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    rows = "".join(f"<tr>{_cells(match)}</tr>" for match in found.matches)
    return (
        f"<p><b>{_text(str(found.query))}</b></p>"
        f'<div style="display: flex; gap: 1em; align-items: flex-start">{plane(found)}'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(match: "Match") -> str:
    track = match.track
    texts = [str(match.rank), track.shown_title, track.artist or "", f"{match.similarity:.2f}"]
    cells = [_text(text) for text in texts] + [_passage(match), _text(match.reason)]
    return "".join(f'<td style="text-align: left">{cell}</td>' for cell in cells)


def _passage(match: "Match") -> str:
    path, passage = match.track.path, match.passage
    if path is None or passage is None:
        return ""
    here = Path.cwd()  # whose files a notebook's server gives out; others a browser opens in a local page only
    inside = Path(path).is_relative_to(here)
    uri = urllib.parse.quote(os.fsencode(Path(path).relative_to(here))) if inside else Path(path).as_uri()
    return player(uri, passage)


def player(uri: str, passage: "Passage") -> str:
    """Plays a passage, by a media fragment (https://www.w3.org/TR/media-frags/)."""
    source = escape(f"{uri}#t={passage.start:g},{passage.end:g}")
    return f'{passage}<br/><audio controls preload="none" style="width: 14em; height: 2em" src="{source}"></audio>'


def plane(found: "Recommendation") -> str:
    """The unit square of valence and arousal, 100 units a side, arousal upwards."""
    songs = "".join(
        f'<circle cx="{100 * x:.1f}" cy="{100 - 100 * y:.1f}" r="2.5" fill="#0072b2">'
        f"<title>{_text(match.track.shown_title)}</title></circle>"
        for match in found.matches
        for x, y in (match.position,)
    )
    x, y = found.position
    return (
        '<svg viewBox="-6 -6 112 112" style="width: 14em; flex: none" role="img">'
        "<title>Valence to the right, arousal upwards: the query (square) and its songs</title>"
        '<path d="M0 0H100V100H0ZM50 0V100M0 50H100" fill="none" stroke="#bbbbbb" stroke-width="0.5"/>'
        f'{songs}<rect x="{100 * x - 3:.1f}" y="{97 - 100 * y:.1f}" width="6" height="6" fill="#d55e00"/></svg>'
    )


def _text(text: str) -> str:
    return escape(clean(text))
