"""Results as a notebook shows them."""

import base64
import dataclasses
import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import av
import pytest

from img2music.app.analysis import analyze
from img2music.matching import notebook
from img2music.matching.passages import Passage
from tests.matching.test_recommendation import found
from tests.support.songs import track
from tests.support.sounds import chords, encode


def read(result: Any) -> ElementTree.Element:
    """What is shown, which must be well-formed."""
    return ElementTree.fromstring(f"<div>{result._repr_html_()}</div>".replace(" controls", ""))


def test_a_recommendation_is_a_plane_and_a_table() -> None:
    page = read(found())
    assert page.find("div/p/b").text == "caf\ufffd.jpg: serene (valence 0.70, arousal 0.30)"
    cells = ["".join(cell.itertext()) for cell in page.findall("div[1]//tbody/tr[1]/td")]
    assert cells == ["1", "<i>A & b", "", "0.91", "1:02-1:32", "Calm like the photo"]
    assert len(page.findall("div[1]/div/svg/circle")) == 2
    assert page.find("div[1]/div/svg/rect").attrib["x"] == "67.0"
    assert not page.findall(".//audio")  # the song is not there


def test_passages_play(tmp_path: Path) -> None:
    tune = str(encode(tmp_path / "tune.flac", chords([(60,), (72,)], 2.0), "flac", 16_000))
    (one, _) = found()
    match = dataclasses.replace(one.matches[0], track=track(1, tune), passage=Passage(1.0, 3.0))
    page = read(dataclasses.replace(one, matches=(match,) * (notebook.MOST_PLAYERS + 2)))
    players = page.findall(".//audio")
    assert len(players) == notebook.MOST_PLAYERS
    kind, content = players[0].attrib["src"].split(",")
    assert kind == "data:audio/ogg;base64"
    with av.open(io.BytesIO(base64.b64decode(content))) as sound:
        assert sound.duration / 1_000_000 == pytest.approx(2.0, abs=0.05)
        assert sound.streams.audio[0].channels == 1
    longest = read(dataclasses.replace(one, matches=(dataclasses.replace(match, passage=Passage(0.0, 1e9)),)))
    assert len(longest.find(".//audio").attrib["src"]) < 300_000


def test_an_analysis_plays_what_is_most_like_it(tmp_path: Path) -> None:
    encode(tmp_path / "<script>.flac", chords([(60, 64, 67)], 3.0), "flac", 16_000)
    (tmp_path / "none.jpg").write_bytes(b"no picture")
    report = analyze(tmp_path)
    page = read(report)
    assert page.find("div/p/b").text == "1 read, 1 not"
    assert page.find(".//tbody/tr[1]/td").text == "<script>.flac"
    assert page.find(".//audio").attrib["src"].startswith("data:audio/ogg;base64,")
    assert page.find(".//tbody/tr[2]/td[2]").text == report.errors[0].reason
    assert len(read(report.items[0]).findall(".//circle")) == 1
