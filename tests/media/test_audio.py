"""Decoding: every format, every lie a file can tell."""

import os
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from img2music.errors import InputError
from img2music.media.audio import open_audio, probe
from img2music.media.audio_file import AudioFile
from img2music.media.excerpts import Excerpt, mono
from img2music.media.sndfile import SndfileAudio
from tests.support.sounds import FORMATS, encode, noise, tone, wav_header

pytestmark = pytest.mark.slow

RATE = 44_100


def ramp(seconds: float, rate: int = RATE) -> np.ndarray:
    """A sine whose frequency tells where one is: 1000 Hz and 50 Hz more each second."""
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * (1000 * time + 25 * time**2))).astype(np.float32)[np.newaxis]


def place(excerpt: Excerpt) -> float:
    """Where in a ramp the middle of an excerpt really lies, in seconds."""
    first = excerpt.samples[0]
    crossings = np.count_nonzero(np.diff(np.signbit(first)))
    return (crossings / 2 / (len(first) / excerpt.rate) - 1000) / 50


def middle(excerpt: Excerpt) -> float:
    """Where it says it lies."""
    return (excerpt.start + excerpt.end) / 2


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("songs")
    stereo = np.repeat(ramp(40, 48_000), 2, axis=0)
    return {kind: encode(folder / f"song.{kind}", stereo, kind, 48_000) for kind in FORMATS}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read_and_sought(songs: dict[str, Path], kind: str) -> None:
    with AudioFile(songs[kind]) as audio:
        assert audio.info.duration == pytest.approx(40, abs=0.15)
        excerpts = list(audio.excerpts([(5.0, 9.0), (20.0, 22.0), (36.0, 38.0)]))
    assert [excerpt.layout for excerpt in excerpts] == [("FL", "FR")] * 3
    assert [excerpt.start for excerpt in excerpts] == pytest.approx([5, 20, 36], abs=0.06)
    assert [excerpt.end for excerpt in excerpts] == pytest.approx([9, 22, 38], abs=0.06)
    for excerpt in excerpts:
        assert excerpt.samples.dtype == np.float32
        assert place(excerpt) == pytest.approx(middle(excerpt), abs=0.1)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_name_does_not_matter(songs: dict[str, Path], kind: str, tmp_path: Path) -> None:
    liar = tmp_path / "liar.jpg"
    liar.write_bytes(songs[kind].read_bytes())
    assert probe(liar).duration == pytest.approx(40, abs=0.15)


@pytest.mark.parametrize("kind", ["mp3", "flac", "wav", "aac", "ogg", "opus", "wma", "aiff"])
def test_half_a_file_is_half_a_song(songs: dict[str, Path], kind: str, tmp_path: Path) -> None:
    whole = songs[kind].read_bytes()
    half = tmp_path / "half"
    half.write_bytes(whole[: len(whole) // 2])
    with open_audio(half) as audio:
        excerpts = list(audio.excerpts([(1.0, 3.0), (35.0, 37.0)]))
        assert len(excerpts) == 1
        audio.remeasure()
        # Bytes are not spread evenly where the bit rate varies.
        assert 15 < audio.info.duration < 37


def test_sound_beside_cover_art_and_in_a_film(tmp_path: Path, songs: dict[str, Path]) -> None:
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as out:
        pictures = out.add_stream("mpeg4", rate=10, width=64, height=64)
        quiet = out.add_stream("aac", rate=RATE, layout="mono")
        for number in range(20):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number * 10, np.uint8), format="rgb24")
            out.mux(pictures.encode(picture))
        frame = av.AudioFrame.from_ndarray(tone(440, 2), format="fltp", layout="mono")
        frame.rate = RATE
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=RATE, frame_size=1024)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(quiet.encode(part))
        out.mux(pictures.encode(None))
        out.mux(quiet.encode(None))
    with AudioFile(film) as audio:
        (excerpt,) = audio.excerpts([(0.5, 1.5)])
    spectrum = np.abs(np.fft.rfft(excerpt.samples[0]))
    assert np.argmax(spectrum) * RATE / excerpt.samples.shape[1] == pytest.approx(440, abs=2)


def test_chained_ogg_is_one_song(songs: dict[str, Path], tmp_path: Path) -> None:
    second = encode(tmp_path / "second.ogg", np.repeat(tone(440, 10, 48_000, 0.9), 2, axis=0), "ogg", 48_000)
    chain = tmp_path / "chain.ogg"
    chain.write_bytes(songs["ogg"].read_bytes() + second.read_bytes())
    with AudioFile(chain) as audio:
        assert audio.info.duration == pytest.approx(50, abs=0.2)
        first, last = audio.excerpts([(20.0, 22.0), (44.0, 46.0)])
    assert place(first) == pytest.approx(21, abs=0.1)
    spectrum = np.abs(np.fft.rfft(last.samples[0]))
    assert np.argmax(spectrum) * last.rate / last.samples.shape[1] == pytest.approx(440, abs=2)


def pitch(excerpt: Excerpt) -> float:
    samples = excerpt.samples[0]
    return float(np.argmax(np.abs(np.fft.rfft(samples * np.hanning(len(samples))))) * excerpt.rate / len(samples))


def test_links_of_a_chain_may_have_any_form(tmp_path: Path) -> None:
    links = [(440, "ogg", 48_000, 2), (880, "ogg", 22_050, 1), (660, "opus", 48_000, 1), (990, "ogg", 44_100, 2)]
    chain = tmp_path / "chain.ogg"
    parts = [
        encode(tmp_path / f"{hertz}", tone(hertz, 4, rate).repeat(channels, axis=0), kind, rate)
        for hertz, kind, rate, channels in links
    ]
    chain.write_bytes(b"".join(part.read_bytes() for part in parts))
    with AudioFile(chain) as audio:
        assert audio.info.duration == pytest.approx(16, abs=0.05)
        assert not audio.damaged
        excerpts = list(audio.excerpts([(1.0, 3.0), (5.0, 7.0), (9.0, 13.0), (14.0, 15.0)]))
        assert [pitch(excerpt) for excerpt in excerpts] == pytest.approx([440, 880, 660, 990, 990], abs=2)
        assert [excerpt.start for excerpt in excerpts] == pytest.approx([1, 5, 9, 12, 14], abs=0.03)
        assert sum(excerpt.end - excerpt.start for excerpt in excerpts) == pytest.approx(9, abs=0.05)
        heard = np.concatenate(list(audio.pieces(2.0, rate=16_000, layout="mono")))
        assert len(heard) / 16_000 == pytest.approx(14, abs=0.05)
        assert len(list(audio.packets())) > sum(1 for _ in AudioFile(parts[0]).packets()) * 2


def test_links_of_one_serial_number_are_links(tmp_path: Path) -> None:
    for kind in ("ogg", "opus"):
        once = encode(tmp_path / "once", ramp(5, 48_000), kind, 48_000).read_bytes()
        (tmp_path / "thrice").write_bytes(3 * once)
        with AudioFile(tmp_path / "thrice") as audio:
            assert audio.info.duration == pytest.approx(15, abs=0.05)
            (excerpt,) = audio.excerpts([(11.0, 13.0)])
        assert place(excerpt) == pytest.approx(2, abs=0.1)


def test_vorbis_with_padded_headers_is_read_by_libsndfile(songs: dict[str, Path], tmp_path: Path) -> None:
    """Vorbis I ends the setup header at its framing bit; libav reads it from its last byte."""
    padded = tmp_path / "padded.ogg"
    padded.write_bytes(with_padded_setup(songs["ogg"].read_bytes()))
    with pytest.raises(InputError):
        AudioFile(padded)
    with open_audio(padded) as audio:
        assert isinstance(audio, SndfileAudio)
        assert audio.info.duration == pytest.approx(40, abs=0.1)
        (excerpt,) = audio.excerpts([(20.0, 22.0)])
    assert place(excerpt) == pytest.approx(21, abs=0.1)
    assert excerpt.layout == ("FL", "FR")


def with_padded_setup(ogg: bytes) -> bytes:
    """Append a byte to the second page, which the setup header ends, and mend its checksum (RFC 3533)."""
    start = ogg.index(b"OggS", 4)
    end = ogg.index(b"OggS", start + 4)
    page = bytearray(ogg[start:end] + b"\xff")
    page[26 + page[26]] += 1
    page[22:26] = bytes(4)
    page[22:26] = _checksum(page).to_bytes(4, "little")
    return ogg[:start] + bytes(page) + ogg[end:]


def _checksum(page: bytearray) -> int:
    checksum = 0
    for byte in page:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x04C11DB7 if checksum & 0x80000000 else 0)) & 0xFFFFFFFF
    return checksum


def test_wav_without_a_length_is_measured(tmp_path: Path) -> None:
    pcm = (ramp(10)[0] * 32767).astype("<i2").tobytes()
    for size in (0, 2**32 - 1):
        file = tmp_path / f"{size}.wav"
        file.write_bytes(wav_header(channels=1, size=size) + pcm)
        with AudioFile(file) as audio:
            audio.remeasure()
            assert audio.info.duration == pytest.approx(10, abs=0.1)
            (excerpt,) = audio.excerpts([(5.0, 6.0)])
        assert place(excerpt) == pytest.approx(5.5, abs=0.1)


def test_samples_are_finite_whatever_the_file_holds(tmp_path: Path) -> None:
    samples = tone(440, 2)
    samples[0, 1000:1010] = np.nan
    samples[0, 2000] = np.inf
    samples[0, 3000] = -1e38
    file = tmp_path / "nan.wav"
    file.write_bytes(wav_header(1, RATE, 32, samples.nbytes, form=3) + samples.tobytes())
    with AudioFile(file) as audio:
        (excerpt,) = audio.excerpts([(0.0, 2.0)])
    assert np.isfinite(excerpt.samples).all()
    assert np.abs(excerpt.samples).max() <= 16
    np.testing.assert_array_equal(excerpt.samples[0, 4000:], samples[0, 4000:])


def test_high_rates_are_brought_down(tmp_path: Path) -> None:
    file = encode(tmp_path / "high.wav", tone(1000, 3, 192_000), "wav", 192_000)
    with AudioFile(file) as audio:
        (excerpt,) = audio.excerpts([(1.0, 2.0)])
    assert excerpt.rate == 48_000
    assert excerpt.samples.shape == (1, 48_000)


def test_eight_channels_are_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", noise(2.0, 48_000).repeat(8, axis=0).T, 48_000)
    with open_audio(tmp_path / "a.flac") as audio:
        (excerpt,) = audio.excerpts([(0.5, 1.5)])
        (*_, last) = audio.pieces(0.5, rate=48_000, layout="7.1")
    assert excerpt.samples.shape == (8, 48_000)
    assert last.shape[1] == 8


def test_surround_keeps_its_channels(tmp_path: Path) -> None:
    six = np.concatenate([tone(440, 2, amplitude=0.1 * n) for n in range(1, 7)])
    with AudioFile(encode(tmp_path / "six.flac", six, "flac")) as audio:
        (excerpt,) = audio.excerpts([(0.0, 2.0)])
    assert excerpt.layout == ("FL", "FR", "FC", "LFE", "BL", "BR") or "SL" in excerpt.layout
    np.testing.assert_allclose(np.abs(excerpt.samples).max(axis=1), np.arange(1, 7) / 10, atol=0.01)


def lies() -> dict[str, bytes]:
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
    return {
        "empty": b"",
        "one byte": b"\x00",
        "text": b"It was a dark and stormy night.\n" * 500,
        "picture": png + bytes(2000),
        "zeros": bytes(100_000),
        "random": np.random.default_rng(1).bytes(100_000),
        "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://localhost:9/a.ts\n#EXT-X-ENDLIST\n",
        "concat list": b"ffconcat version 1.0\nfile /etc/hostname\n",
        "wav of no samples": wav_header(),
        "wav of 1 Hz": wav_header(rate=1, size=4000) + bytes(4000),
        "wav of 2^31 Hz": wav_header(rate=2**31, size=4000) + bytes(4000),
        "wav of 255 channels": wav_header(channels=255, size=51_000) + bytes(51_000),
        "wav header alone": wav_header(size=10**9)[:30],
        "flac header alone": b"fLaC",
        "ogg page alone": b"OggS\x00\x02" + bytes(60),
        "id3 alone": b"ID3\x04\x00\x00\x00\x00\x00\x00",
        "id3 of 256 MB": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(100),
        "mp4 without moov": b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42" + bytes(5000),
    }


@pytest.mark.parametrize("name", lies())
def test_lies_are_told_in_plain_words(tmp_path: Path, name: str) -> None:
    file = tmp_path / "song.mp3"
    file.write_bytes(lies()[name])
    with pytest.raises(InputError) as caught:  # noqa: PT012 - opening or decoding may find out
        with open_audio(file) as audio:
            excerpts = list(audio.excerpts([(0.0, max(0.1, audio.info.duration))]))
        if not excerpts:
            raise InputError("There is no sound.", str(file))
    assert caught.value.path == str(file)
    assert "\n" not in str(caught.value)
    assert len(caught.value.reason) > 10


def test_what_is_not_a_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    for path in (tmp_path, tmp_path / "pipe.mp3", Path("/dev/zero"), tmp_path / "missing.mp3", Path("a\0b")):
        with pytest.raises(InputError) as caught:
            probe(path)
        assert "\n" not in str(caught.value)


def test_names_that_libav_would_read_as_protocols(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "concat:a|b",
        "http:",
        "-",
        "pipe:0",
        "노래 🎵\n.wav",
        os.fsdecode(b"\xff\xfe.wav"),
        "%03d.wav",
    ):
        encode(tmp_path / "plain.wav", tone(440, 1))
        (tmp_path / "plain.wav").rename(name)
        assert probe(name).duration == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a", "aac", "alac", "ogg", "opus", "wma", "webm"])
def test_damage_is_seen(songs: dict[str, Path], kind: str, tmp_path: Path) -> None:
    whole = songs[kind].read_bytes()
    middle = len(whole) // 2
    junk = np.random.default_rng(1).bytes(30_000)
    for name, content in (("whole", whole), ("damaged", whole[:middle] + junk + whole[middle + len(junk) :])):
        (tmp_path / name).write_bytes(content)
        with open_audio(tmp_path / name) as audio:
            assert list(audio.excerpts([(5.0, 6.0), (15.0, 25.0)]))
            assert audio.damaged == (name == "damaged")


def test_damage_that_is_not_heard_is_seen_where_the_file_is_walked_through(
    songs: dict[str, Path], tmp_path: Path
) -> None:
    for kind in ("mp3", "ogg", "opus"):
        damaged = bytearray(songs[kind].read_bytes())
        damaged[len(damaged) // 2 : len(damaged) // 2 + 30_000] = bytes(30_000)
        (tmp_path / "song").write_bytes(damaged)
        with open_audio(tmp_path / "song") as audio:
            assert audio.damaged, kind


def test_joined_files_are_not_damaged(tmp_path: Path) -> None:
    for kind in ("mp3", "ogg", "opus", "aac"):
        parts = [encode(tmp_path / f"{number}", tone(440 * number, 3, 48_000), kind, 48_000) for number in (1, 2)]
        (tmp_path / "joined").write_bytes(b"".join(part.read_bytes() for part in parts))
        with open_audio(tmp_path / "joined") as audio:
            assert sum(excerpt.end - excerpt.start for excerpt in audio.excerpts([(0.0, 6.0)])) > 5.8
            assert not audio.damaged, kind


def test_a_channel_that_is_turned_over_cancels_nothing() -> None:
    left, other = tone(440, 1), tone(660, 1)
    np.testing.assert_allclose(mono(np.concatenate([left, -left])), left[0], atol=1e-6)
    np.testing.assert_allclose(mono(np.concatenate([left, 0 * left])), left[0] / 2, atol=1e-6)
    np.testing.assert_allclose(mono(np.concatenate([left, other])), (left + other)[0] / 2, atol=1e-6)
    np.testing.assert_allclose(mono(np.concatenate([left, left, -left])), left[0], atol=1e-6)


def test_a_damaged_stretch_is_a_gap_not_the_end(songs: dict[str, Path], tmp_path: Path) -> None:
    for kind in ("mp3", "ogg", "flac", "aac"):
        sound = bytearray(songs[kind].read_bytes())
        middle = len(sound) // 2
        sound[middle : middle + 3000] = noise(1).tobytes()[:3000]
        file = tmp_path / f"damaged.{kind}"
        file.write_bytes(sound)
        with open_audio(file) as audio:
            *_, last = audio.excerpts([(1.0, 3.0), (37.0, 39.0)])
        assert last.start == pytest.approx(37, abs=0.3), kind
        # Where a format's time is the count of its frames, what comes after a gap is moved by the gap.
        assert place(last) == pytest.approx(38, abs=1.5), kind
