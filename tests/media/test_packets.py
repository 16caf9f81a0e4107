"""Whether two files sound the same."""

import shutil
from pathlib import Path

import mutagen
import numpy as np
import pytest
from mutagen.id3 import COMM

from img2music.errors import InputError
from img2music.media.audio import open_audio
from img2music.media.packets import same_sound, sound_hash
from img2music.media.sndfile import SndfileAudio
from tests.media.test_audio import with_padded_setup
from tests.support.sounds import FORMATS, clicks, encode, tone


def song(path: Path, kind: str, frequency: float = 440.0) -> Path:
    return encode(path, np.repeat(tone(frequency, 1, 48_000), 2, axis=0), kind, 48_000)


@pytest.mark.parametrize("kind", FORMATS)
def test_other_sound_is_told_from_the_same(tmp_path: Path, kind: str) -> None:
    one, other = song(tmp_path / f"one.{kind}", kind), song(tmp_path / f"other.{kind}", kind, 441.0)
    copy = Path(shutil.copy(one, tmp_path / f"copy.{kind}"))
    assert same_sound(one, copy)
    assert not same_sound(one, other)
    copy.write_bytes(one.read_bytes()[: one.stat().st_size * 3 // 4])
    assert not same_sound(one, copy)


def test_sound_that_only_libsndfile_reads(tmp_path: Path) -> None:
    one, other = tmp_path / "one.ogg", tmp_path / "other.ogg"
    for path, frequency in ((one, 440.0), (other, 441.0)):
        path.write_bytes(with_padded_setup(song(tmp_path / "whole.ogg", "ogg", frequency).read_bytes()))
    with open_audio(one) as audio:
        assert isinstance(audio, SndfileAudio)
    copy = Path(shutil.copy(one, tmp_path / "copy.ogg"))
    tags = mutagen.File(copy)
    tags["mood"] = ["serene"]
    tags.save()
    assert copy.read_bytes() != one.read_bytes()
    assert same_sound(one, copy)
    assert not same_sound(one, other)


def test_what_is_no_sound_has_none(tmp_path: Path) -> None:
    text = tmp_path / "song.mp3"
    text.write_text("no music " * 100)
    whole = song(tmp_path / "whole.mp3", "mp3")
    with pytest.raises(InputError):
        sound_hash(text)
    with pytest.raises(InputError):
        same_sound(text, whole)
    assert not same_sound(whole, text)


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a", "ogg", "wma", "wv"])
def test_tags_are_no_part_of_the_sound(tmp_path: Path, kind: str) -> None:
    path = song(tmp_path / f"song.{kind}", kind)
    before = sound_hash(path)
    file = mutagen.File(path)
    if kind == "mp3":
        file.tags.add(COMM(encoding=3, lang="eng", desc="", text=["x" * 9999]))
    else:
        file["\xa9cmt" if kind == "m4a" else "Comment"] = ["x" * 9999]
    file.save()
    tagged = path.read_bytes()
    assert sound_hash(path) == before
    path.write_bytes(tagged + b"TAG" + bytes(125))
    assert kind != "mp3" or sound_hash(path) == before


def test_vorbis_of_long_and_short_blocks_is_read_to_its_end(tmp_path: Path) -> None:
    path = encode(tmp_path / "clicks.ogg", clicks(600, 16, 44_100), "ogg", 44_100)
    assert sound_hash(path)


def test_the_same_samples_at_another_rate_are_another_sound(tmp_path: Path) -> None:
    slow, fast = song(tmp_path / "slow.wav", "wav"), tmp_path / "fast.wav"
    whole = slow.read_bytes()
    fast.write_bytes(whole[:24] + (24_000).to_bytes(4, "little") + (96_000).to_bytes(4, "little") + whole[32:])
    assert sound_hash(slow) != sound_hash(fast)


@pytest.mark.parametrize("kind", ["webm", "flac", "m4a"])
def test_sound_that_is_not_read_to_its_end_has_no_hash(tmp_path: Path, kind: str) -> None:
    """Files that begin alike must not be taken for one, because they can't be read further."""
    path = encode(tmp_path / f"song.{kind}", np.repeat(tone(440, 3, 48_000), 2, axis=0), kind, 48_000)
    whole = path.read_bytes()
    sound_hash(path)
    half = len(whole) // 2
    path.write_bytes(bytes(half).join([whole[:half], b""]) if kind == "m4a" else whole[:half])
    with pytest.raises(InputError):
        sound_hash(path)
    assert kind == "m4a" or same_sound(path, shutil.copy(path, tmp_path / f"copy.{kind}"))
