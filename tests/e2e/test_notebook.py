"""What a notebook shows, in a real browser: passages play, and tags run no script."""

import dataclasses
from pathlib import Path

import pytest
from playwright.sync_api import expect

from img2music.matching.passages import Passage
from tests.e2e.test_page_hostile import HOSTILE, require_harmless
from tests.matching.test_recommendation import found
from tests.support.songs import track
from tests.support.sounds import chords, encode

pytestmark = pytest.mark.slow


def test_passages_play_and_no_script_runs(context, tmp_path: Path):
    tune = str(encode(tmp_path / "tune.flac", chords([(60, 64, 67), (57, 60, 64)], 4.0), "flac", 16_000))
    one = found()[0]
    matches = [
        dataclasses.replace(
            one.matches[0],
            rank=rank,
            track=track(rank, tune, title=text, artist=text),
            passage=Passage(2.0, 5.0),
            reason=text,
        )
        for rank, text in enumerate(HOSTILE, start=1)
    ]
    page = context()
    page.set_content(dataclasses.replace(one, matches=tuple(matches))._repr_html_())
    players = page.locator("audio")
    expect(players).to_have_count(len(HOSTILE))
    players.first.click(position={"x": 20, "y": 16})  # its button to play
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
    assert players.first.evaluate("audio => audio.duration") == pytest.approx(3.0, abs=0.05)
    require_harmless(page)
    assert page.locator("tbody tr").first.locator("td").nth(1).inner_text() == HOSTILE[0]
