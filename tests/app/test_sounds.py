"""What is made of songs for a page: once, and no more than fits."""

import os
from pathlib import Path

import msgspec
import pytest

from img2music.app import sounds
from img2music.app.sounds import Peaks, Sounds
from img2music.errors import InputError
from tests.support.songs import track
from tests.support.sounds import chords, encode

TUNE = chords([(60, 64, 67)], 0.5)


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("mp3", "audio/mpeg"), ("flac", "audio/flac"), ("m4a", "audio/mp4"), ("opus", "audio/ogg"), ("wav", "audio/wav")],
)
def test_what_browsers_play_is_the_file_itself(kind: str, media_type: str, tmp_path: Path) -> None:
    file = encode(tmp_path / f"tune.{kind}", TUNE, kind, 48_000)
    assert Sounds(tmp_path / "kept").own(track(path=str(file))) == (file, media_type)


def test_the_rest_is_made_once(tmp_path: Path) -> None:
    kept = Sounds(tmp_path / "kept")
    song = track(path=str(encode(tmp_path / "tune.aiff", TUNE, "aiff", 16_000)))
    assert kept.own(song) is None
    made = kept.opus(song)
    assert made.read_bytes()[:4] == b"OggS"
    state = made.stat().st_ino
    assert Sounds(tmp_path / "kept").opus(song).stat().st_ino == state
    peaks = msgspec.json.decode(kept.peaks(song).read_bytes(), type=Peaks)
    assert len(peaks.peaks) == pytest.approx(0.5 * peaks.per_second, abs=1)


def test_what_was_wanted_longest_ago_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "MOST_KEPT", 150)
    kept = Sounds(tmp_path / "kept")
    songs = [track(path=str(encode(tmp_path / f"{n}.flac", TUNE, "flac", 44_100))) for n in range(6)]
    first = kept.peaks(songs[0])
    for number, song in enumerate(songs):
        os.utime(kept.peaks(song), ns=(number, number))
        assert kept.peaks(songs[0]) == first
    left = list((tmp_path / "kept").iterdir())
    assert first in left
    assert sum(each.stat().st_size for each in left) <= 150
    assert len(left) < len(songs)


def test_a_playlist_that_is_called_a_song_opens_nothing(tmp_path: Path) -> None:
    other = encode(tmp_path / "other.wav", TUNE, "wav", 44_100)
    fake = tmp_path / "song.mp3"
    fake.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{other}\n#EXT-X-ENDLIST\n")
    kept = Sounds(tmp_path / "kept")
    for ask in (kept.own, kept.opus, kept.peaks):
        with pytest.raises(InputError):
            ask(track(path=str(fake)))
    assert kept.cover(track(path=str(fake))) is None
    with pytest.raises(InputError, match="not there"):
        kept.peaks(track(path=str(tmp_path / "gone.mp3")))
