"""The page on which a person checks what was read and matched: photos with their songs, and all pieces."""

import base64
import io
import os
import urllib.parse
from html import escape
from itertools import islice
from pathlib import Path

from demo.media import Known, known_pieces
from img2music import Affect, Library, Passage, QueryKind, Recommendation, Track
from img2music.files import FileKind, write_atomically
from img2music.matching import notebook
from img2music.matching.playlists import one_line
from img2music.media.images import read_image

TITLE = "What was read, and what it was matched with"
KIND = FileKind("a page of the demo", (".html",), b"<!DOCTYPE html>\n<html lang=.en.><head><title>" + TITLE.encode())
MOST = 200  # photos, and pieces: more are no page to look at
HEADS = ("piece", "valence", "arousal", "word", "tempo", "key", "kind", "")
TOLERANCE = 0.04  # by which a tempo may miss, as evaluations of tempo have it

STYLE = """
:root { color-scheme: light dark; --line: light-dark(#e3e3e0, #3a3a38); --soft: light-dark(#62625d, #a5a59e);
  --card: light-dark(#fff, #232321); --v: light-dark(#0072b2, #56b4e9); --a: light-dark(#d55e00, #f08a3c) }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 76rem;
  background: light-dark(#f7f7f5, #181817); color: light-dark(#20201e, #ececea) }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0 } h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem }
h3 { font-size: 1rem; margin: .75rem 0 .25rem; overflow-wrap: anywhere } p { max-width: 48rem; margin: .5rem 0 }
.soft, small, th { color: var(--soft); font-weight: normal }
.card, .table { background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
.card { display: grid; grid-template-columns: 15rem 12rem 1fr; gap: 1.5rem; padding: 1rem; margin: 0 0 1rem }
.card > * { min-width: 0 } .card > div > img { display: block; width: 100%; border-radius: .5rem }
.card svg { width: 100% !important; height: auto }
svg path { stroke: light-dark(#b5b5b0, #66665f) } svg circle { fill: var(--v) } svg rect { fill: var(--a) }
.axis { display: grid; grid-template-columns: 3.6rem 1fr auto; gap: .5rem; align-items: center; font-size: 13px }
.axis span:last-child { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.bar { position: relative; height: .5rem; border-radius: 1rem; background: var(--line); overflow: hidden }
.bar i { position: absolute; top: 0; bottom: 0; background: currentcolor; opacity: .35 }
.bar b { position: absolute; top: 0; bottom: 0; width: 4px; margin-left: -2px; background: currentcolor }
svg + small { display: block; text-align: center; line-height: 1.3 }
.valence { color: var(--v) } .arousal { color: var(--a) }
ol { list-style: none; margin: 0; padding: 0 }
li + li { border-top: 1px solid var(--line); margin-top: .75rem; padding-top: .75rem }
li { overflow-wrap: anywhere; font-size: 14px }
audio { display: block; width: 100% !important; max-width: 22rem; margin-top: .25rem }
.table { overflow-x: auto } table { border-collapse: collapse; font-size: 14px; width: 100% } td br { display: none }
th, td { padding: .4rem .75rem; text-align: left; border-bottom: 1px solid var(--line) } tr:last-child td { border: 0 }
td { white-space: nowrap } td audio { width: 11rem !important } .missed { color: var(--a) }
.plane { display: block; width: 100%; max-width: 60rem; border-radius: .75rem; border: 1px solid var(--line) }
@media (max-width: 60rem) { .card { grid-template-columns: 1fr 1fr } .card > :last-child { grid-column: 1 / -1 } }
@media (max-width: 30rem) { .card { grid-template-columns: 1fr }
  .card svg { display: block; max-width: 14rem; margin: auto } }
"""


def write_page(file: Path, library: Library, photos: Path, plane: Path) -> None:
    """Match the photos once more, and write the page."""
    found = library.recommend(photos, top=3)
    pictures = [each for each in found if each.query.kind is QueryKind.IMAGE]  # a folder of photos may hold songs
    tracks = list(islice(library.tracks(), MOST))
    known = known_pieces()
    lacking = len(library) - len(tracks), len(pictures) - len(pictures[:MOST])
    intro = (
        f"{len(pictures)} photos and {len(library)} pieces. Each is a point of valence (unpleasant to pleasant) and "
        "arousal (calm to excited), from 0 to 1. Look and listen: would you have said the same, and do these passages "
        "suit their photos?"
    )
    legend = (
        "A line is the reading; the pale band, one standard deviation to each side, tells how unsure it is. In the "
        "small square, songs (dots) and photo stand where they are matched: by their ranks among songs and photos, "
        "where an unsure reading lies nearer to the middle."
    )
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    rows = "".join(_row(each, known, file.parent) for each in tracks)
    parts = [
        f'<!DOCTYPE html>\n<html lang="en"><head><title>{TITLE}</title><meta charset="utf-8">',
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>',
        f"<h1>{TITLE}</h1><p>{intro}</p>",
        f'<img class="plane" alt="Photos and pieces on the affect plane" src="{_data(plane.read_bytes(), "png")}">',
        f'<h2>Photos</h2><p class="soft">{legend}</p>',
        *(_card(each, file.parent) for each in pictures[:MOST]),
        *(f"<p>{_text(str(error))}</p>" for error in found.errors),
        f'<h2>Pieces</h2><p class="soft">{_judged(tracks, known)}</p>',
        f'<div class="table"><table><tr>{heads}</tr>{rows}</table></div>',
        *(["<p>And {} more pieces, {} more photos.</p>".format(*lacking)] if any(lacking) else []),
    ]
    write_atomically("\n".join([*parts, "</body></html>\n"]).encode(), file, KIND)


def _card(found: Recommendation, folder: Path) -> str:
    query, path = found.query, Path(found.query.path or "")
    spread = query.spread or Affect(0.0, 0.0)
    thumbnail = io.BytesIO()
    image = read_image(path, least_side=480)
    image.thumbnail((480, 360))
    image.save(thumbnail, "JPEG", quality=82)
    songs = "".join(
        f"<li><b>{_text(match.track.shown_title)}</b> <small>{_text(match.track.artist)}</small><br>"
        f"{_text(match.reason)}<br>{_player(match.track, match.passage, folder)}</li>"
        for match in found.matches
    )
    return (
        f'<section class="card"><div><img alt="" src="{_data(thumbnail.getvalue(), "jpeg")}">'
        f"<h3>{_text(path.name)}: {query.word}</h3>{_bar('valence', query.affect.valence, spread.valence)}"
        f"{_bar('arousal', query.affect.arousal, spread.arousal)}</div><div>{notebook.songs_plane(found)}"
        "<small>right: pleasant<br>up: excited</small></div>"
        f"<ol>{songs}</ol></section>"
    )


def _bar(axis: str, value: float, spread: float) -> str:
    low, high = max(0.0, value - spread), min(1.0, value + spread)
    band = f'<i style="left: {100 * low:.1f}%; width: {100 * (high - low):.1f}%"></i>'
    bar = f'<span class="bar {axis}">{band}<b style="left: {100 * value:.1f}%"></b></span>'
    return f'<div class="axis"><span>{axis}</span>{bar}<span>{value:.2f} ± {spread:.2f}</span></div>'


def _judged(tracks: list[Track], known: dict[str, Known]) -> str:
    pairs = [(track, known[name]) for track in tracks if (name := Path(track.path or "").name) in known]
    if not pairs:
        return "Tempo and key of these pieces are not known from elsewhere."
    tempi, keys = (sum(right) for right in zip(*(_right(*pair) for pair in pairs), strict=True))
    return (
        "These pieces were made to a tempo and a key, which stand in brackets: the tempo is heard within 4&nbsp;% for "
        f"{tempi} of {len(pairs)}, the key for {keys}. What is missed is marked."
    )


def _right(track: Track, known: Known) -> tuple[bool, bool]:
    """Whether tempo and key are heard as the piece was made."""
    features = track.features
    return abs((features.tempo or 0.0) / known.tempo - 1.0) <= TOLERANCE, features.key_name == known.key


def _row(track: Track, known: dict[str, Known], folder: Path) -> str:
    heard = ["-" if track.features.tempo is None else f"{track.features.tempo:.0f}", track.features.key_name or "-"]
    if (true := known.get(Path(track.path or "").name)) is not None:
        for index, (asked, right) in enumerate(zip((f"{true.tempo:g}", true.key), _right(track, true), strict=True)):
            mark = "" if right else ' class="missed"'
            heard[index] = f"<span{mark}>{'' if right else '✗ '}{heard[index]}</span> <small>({asked})</small>"
    affect = track.affect
    cells = [
        _text(track.shown_title),
        f"{affect.valence:.2f}",
        f"{affect.arousal:.2f}",
        affect.word,
        *heard,
        track.kind,
    ]
    player = _player(track, Passage(0.0, track.duration or 0.0), folder)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in [*cells, player]) + "</tr>"


def _player(track: Track, passage: Passage | None, folder: Path) -> str:
    if track.path is None or passage is None:
        return ""
    address = urllib.parse.quote(os.fsencode(os.path.relpath(track.path, folder)))
    # A media fragment: https://www.w3.org/TR/media-frags/
    return notebook.player(f"{address}#t={passage.start:g},{passage.end:g}", passage)


def _text(text: str | None) -> str:
    return escape(one_line(text))


def _data(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
