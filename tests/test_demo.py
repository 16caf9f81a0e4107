"""The demo's page: photos with their songs, and pieces beside what they were made to."""

import re
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

import img2music
from img2music.errors import InputError
from tests.support.sounds import clicks, encode, tone

pytestmark = pytest.mark.slow
pytest.importorskip("immich_memories_music")

from demo.media import known_pieces, music_folder  # noqa: E402
from demo.page import write_page  # noqa: E402


class Page(HTMLParser):
    """The attributes of each element by its name, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, list[dict[str, str | None]]] = {}
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.setdefault(tag, []).append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_tempo_and_key_of_every_piece_are_known() -> None:
    assert set(known_pieces()) == {piece.name for piece in music_folder().rglob("*.opus")}
    assert known_pieces()["nostalgic_electronic_2.opus"] == (84, "Bb minor")


def test_page(tmp_path: Path) -> None:
    music, photos, page = tmp_path / "mu sic", tmp_path / "out" / "photos", tmp_path / "out" / "demo.html"
    music.mkdir()
    photos.mkdir(parents=True)
    encode(music / "calm_acoustic_1.opus", clicks(120, 8, 48_000) + tone(370, 8, 48_000), "opus", 48_000)
    encode(music / "<b> & #1.flac", tone(440, 8), "flac", title="<i>One & only")
    Image.new("RGB", (600, 300), "orange").save(photos / "<sun>.png")
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    plane = photos.with_name("plane.png")
    with img2music.Library.open(tmp_path / "library.db") as library:
        library.scan(music)
        (found,) = library.recommend(photos)
        library.recommend(photos).plot(plane)
        write_page(page, library, photos, plane)
        write_page(page, library, photos, plane)  # in place of the first
        (tmp_path / "mine.html").write_text("<p>mine")
        with pytest.raises(InputError, match=r"mine\.html"):
            write_page(tmp_path / "mine.html", library, photos, plane)

    shown = Page(page.read_text(encoding="utf-8"))
    assert {"script", "link", "i", "b"} & set(shown.found) == {"i", "b"}  # these are of the bars
    assert all((image["src"] or "").startswith("data:image/") for image in shown.found["img"])
    assert len(shown.found["img"]) == 2
    affect, spread = found.query.affect, found.query.spread
    assert spread is not None
    for value in (f"<sun>.png: {affect.word}", "<i>One & only", "broken.jpg"):
        assert value in shown.text
    assert f"{affect.valence:.2f} ± {spread.valence:.2f}" in shown.text

    # Songs play their passages, pieces the whole.
    sources = [(player["src"] or "").split("#t=") for player in shown.found["audio"]]
    assert len(sources) == len(found.matches) + 2
    for (link, part), match in zip(sources, found.matches, strict=False):
        assert match.passage is not None
        assert part == f"{match.passage.start:g},{match.passage.end:g}"
        assert (page.parent / urllib.parse.unquote(link)).resolve() == Path(match.track.path or "")
        assert match.reason in shown.text

    # One piece has the name of a known one: 68 BPM and C major.
    assert re.search(r"within 4\s% for 0 of 1, the key for 0", shown.text)
    assert re.search(r"✗ 1[12]\d \(68\)", shown.text)
    assert "(C major)" in shown.text
