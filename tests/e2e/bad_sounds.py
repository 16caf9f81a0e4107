"""Audio files that are damaged, mislabelled, endless or odd, made on the spot."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests.e2e.bad_file import BadFile, collector
from tests.e2e.bad_images import encoded

NO_SOUND = r"no audio|no sound"
NOT_AUDIO = r"not an? (audio|image|media)|can't (be read|read)|neither|not known|" + NO_SOUND
DAMAGED = r"damaged|truncated|incomplete|" + NOT_AUDIO
EMPTY = r"empty"
TOO_SHORT = r"too short|no samples|empty|" + NO_SOUND

SOUNDS: list[BadFile] = []
sound = collector(SOUNDS)


def chords(seconds: float, rate: int = 44_100) -> np.ndarray:
    """A slow chord progression with a pulse, in [-1, 1]: float32, one row a channel."""
    time = np.arange(int(seconds * rate)) / rate
    roots = np.array([220.0, 174.6, 261.6, 196.0])[(time // 2).astype(int) % 4]
    tones = sum(np.sin(2 * np.pi * np.cumsum(roots * ratio) / rate) for ratio in (1, 1.25, 1.5, 2))
    return (0.2 * tones * np.exp(-3 * (time % 0.5)))[None].astype(np.float32)


def wav(samples: bytes, rate: int = 44_100, channels: int = 1, bits: int = 16, code: int = 1) -> bytes:
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", code, channels, rate, (rate * block) % 2**32, block % 2**16, bits)
    size = len(samples)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + head
        + b"data"
        + struct.pack("<I", size)
        + samples
    )


def pcm(samples: np.ndarray) -> bytes:
    return (samples.T * 32_000).astype("<i2").tobytes()


@contextmanager
def container(path: Path, codec: str, rate: int, layout: str = "mono", **options: str) -> Iterator[tuple]:
    with av.open(str(path), "w", options=options) as output:
        yield output, output.add_stream(codec, rate=rate, layout=layout)


def encode(path: Path, codec: str, samples: np.ndarray | None = None, rate: int = 44_100, **options: str) -> bytes:
    """Write samples through an encoder; returns the bytes of the file."""
    samples = chords(4, rate) if samples is None else samples
    with container(path, codec, rate, **options) as (output, stream):
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format, "mono", rate, stream.codec_context.frame_size or 4096)
        parts = (*resampler.resample(frame), *resampler.resample(None)) if samples.size else ()
        for part in parts:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return path.read_bytes()


def cut(path: Path, codec: str, share: float) -> None:
    whole = encode(path, codec)
    path.write_bytes(whole[: int(len(whole) * share)])


# What can't be listened to


@sound("empty.mp3", says=EMPTY)
def empty(path: Path) -> None:
    path.touch()


@sound("head_only.wav", says=DAMAGED + "|" + TOO_SHORT)
def head_only(path: Path) -> None:
    path.write_bytes(wav(b"")[:20])


@sound("no_samples.wav", says=TOO_SHORT)
def no_samples(path: Path) -> None:
    path.write_bytes(wav(b""))


@sound("no_samples.flac", says=TOO_SHORT + "|" + DAMAGED)
def no_samples_flac(path: Path) -> None:
    encode(path, "flac", np.zeros((1, 0), np.float32))


@sound("no_index.m4a", says=DAMAGED)
def no_index(path: Path) -> None:
    """A recording that was cut off before the index at its end was written."""
    cut(path, "aac", 0.5)


@sound("head_only.flac", says=DAMAGED)
def head_only_flac(path: Path) -> None:
    path.write_bytes(encode(path, "flac")[:60])


@sound("head_only.ogg", says=DAMAGED)
def head_only_ogg(path: Path) -> None:
    path.write_bytes(encode(path, "libopus", chords(4, 48_000), 48_000)[:90])


@sound("random.mp3", says=NOT_AUDIO)
def random_bytes(path: Path) -> None:
    path.write_bytes(np.random.default_rng(7).integers(0, 127, 60_000, np.uint8).tobytes())


@sound("zeros.mp3", says=NOT_AUDIO)
def zeros(path: Path) -> None:
    path.write_bytes(bytes(200_000))


@sound("text.mp3", says=NOT_AUDIO)
def text(path: Path) -> None:
    path.write_text("la la la\n" * 500)


@sound("web_page.ogg", says=NOT_AUDIO)
def web_page(path: Path) -> None:
    path.write_text("<!DOCTYPE html><html><body>Log in to download</body></html>")


@sound("list.m3u", says=NOT_AUDIO)
def playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXTINF:5,Song\nsong.mp3\n")


@sound("stream_list.m3u8", says=NOT_AUDIO)
def stream_list(path: Path) -> None:
    """An HLS list: libav would go and fetch what it names, from the network too."""
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")


@sound("file_list.mp3", says=NOT_AUDIO)
def file_list(path: Path) -> None:
    """An ffconcat list: libav would open the files it names and hear those."""
    path.write_text("ffconcat version 1.0\nfile silence.wav\n")


@sound("notes.mid", says=NOT_AUDIO)
def notes(path: Path) -> None:
    path.write_bytes(b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x0c\0\x90\x3c\x40\x60\x80\x3c\x40\0\xff\x2f\0")


@sound("cover_only.mp3", says=NO_SOUND + "|" + DAMAGED)
def cover_only(path: Path) -> None:
    """An ID3 tag with a picture, and nothing behind it."""
    picture = b"\0image/jpeg\0\x03\0" + encoded("JPEG")
    frame = b"APIC" + struct.pack(">I", len(picture)) + b"\0\0" + picture
    path.write_bytes(b"ID3\x03\0\0" + syncsafe(len(frame)) + frame)


def syncsafe(size: int) -> bytes:
    return bytes(size >> shift & 127 for shift in (21, 14, 7, 0))


@sound("film_without_sound.mp4", says=NO_SOUND)
def silent_film(path: Path) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for turn in range(10):
            picture = np.full((48, 64, 3), turn * 20, np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        output.mux(stream.encode(None))


@sound("codec_nobody_knows.wav", says=NOT_AUDIO)
def unknown_codec(path: Path) -> None:
    path.write_bytes(wav(pcm(chords(2)), code=0x7ABC))


@sound("rate_zero.wav", says=DAMAGED)
def rate_zero(path: Path) -> None:
    path.write_bytes(wav(pcm(chords(2)), rate=0))


@sound("channels_zero.wav", says=DAMAGED)
def channels_zero(path: Path) -> None:
    path.write_bytes(wav(pcm(chords(2)), channels=0))


@sound("channels_32.wav", says="32 channels")
def channels_32(path: Path) -> None:
    path.write_bytes(wav(pcm(np.repeat(chords(3), 32, axis=0)), channels=32))


@sound("rate_1000.wav", says="sample rate")
def low_rate(path: Path) -> None:
    path.write_bytes(wav(pcm(chords(4, 1000)), rate=1000))


@sound("encrypted.m4p", says=DAMAGED + r"|encrypted|protected|copy")
def encrypted(path: Path) -> None:
    """A bought song with copy protection: its sample description says ``drms``, its sound is noise."""
    data = bytearray(encode(path.with_suffix(".m4a"), "aac").replace(b"mp4a", b"drms"))
    path.with_suffix(".m4a").unlink()
    start = data.index(b"mdat") + 4
    size = struct.unpack(">I", data[start - 8 : start - 4])[0] - 8
    data[start : start + size] = np.random.default_rng(9).bytes(size)
    path.write_bytes(data)


# What looks bad and must be listened to all the same


@sound("truncated.mp3", says=None)
def truncated_mp3(path: Path) -> None:
    cut(path, "libmp3lame", 0.6)


@sound("truncated.flac", says=None)
def truncated_flac(path: Path) -> None:
    cut(path, "flac", 0.6)


@sound("truncated.opus", says=None)
def truncated_opus(path: Path) -> None:
    whole = encode(path, "libopus", chords(4, 48_000), 48_000)
    path.write_bytes(whole[: len(whole) * 6 // 10])


@sound("truncated.wav", says=None)
def truncated_wav(path: Path) -> None:
    whole = wav(pcm(chords(4)))
    path.write_bytes(whole[: len(whole) * 6 // 10])


@sound("bit_rot.mp3", says=None)
def bit_rot(path: Path) -> None:
    data = bytearray(encode(path, "libmp3lame"))
    data[20_000:24_000] = np.random.default_rng(5).bytes(4000)
    path.write_bytes(data)


@sound("bit_rot.flac", says=None)
def bit_rot_flac(path: Path) -> None:
    data = bytearray(encode(path, "flac"))
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    path.write_bytes(data)


@sound("size_never_written.wav", says=None)
def size_never_written(path: Path) -> None:
    """What a recorder leaves when its battery dies: the sizes in the header are the largest there are."""
    data = bytearray(wav(pcm(chords(4))))
    data[4:8] = data[40:44] = b"\xff" * 4
    path.write_bytes(data)


@sound("two_songs.ogg", says=None)
def chained(path: Path) -> None:
    """Two streams, one after the other, in one file."""
    first = encode(path, "libopus", chords(4, 48_000), 48_000)
    path.write_bytes(first + encode(path, "libopus", chords(3, 48_000), 48_000))


@sound("flac_named.mp3", says=None)
def flac_named_mp3(path: Path) -> None:
    encode(path.with_suffix(".flac"), "flac")
    path.with_suffix(".flac").rename(path)


@sound("one_sample.wav", says="shorter than")
def one_sample(path: Path) -> None:
    path.write_bytes(wav(b"\x10\x20"))


@sound("not_numbers.wav", says="silent")
def not_numbers(path: Path) -> None:
    path.write_bytes(wav(np.full(4 * 44_100, np.nan, "<f4").tobytes(), bits=32, code=3))


@sound("silence.wav", says="silent")
def silence(path: Path) -> None:
    path.write_bytes(wav(bytes(2 * 4 * 44_100)))


@sound("constant.wav", says="silent")
def constant(path: Path) -> None:
    path.write_bytes(wav(b"\xff\x7f" * 4 * 44_100))


@sound("few_not_numbers.wav", says=None)
def few_not_numbers(path: Path) -> None:
    samples = chords(4)[0].astype("<f4")
    samples[1000:1010], samples[2000:2005], samples[3000] = np.nan, np.inf, -np.inf
    path.write_bytes(wav(samples.tobytes(), bits=32, code=3))


@sound("far_too_loud.wav", says=None)
def far_too_loud(path: Path) -> None:
    path.write_bytes(wav((chords(4)[0] * 1e30).astype("<f4").tobytes(), bits=32, code=3))


@sound("eight_bit.wav", says=None)
def eight_bit(path: Path) -> None:
    path.write_bytes(wav((chords(4)[0] * 100 + 128).astype(np.uint8).tobytes(), rate=8000, bits=8))


@sound("rate_384000.wav", says=None)
def high_rate(path: Path) -> None:
    path.write_bytes(wav(pcm(chords(3, 384_000)), rate=384_000))


@sound("half_second.wav", says=None)
def half_second(path: Path) -> None:
    path.write_bytes(wav(pcm(chords(0.5))))


@sound("tag_that_lies.mp3", says=None)
def tag_that_lies(path: Path) -> None:
    """An ID3 tag with a frame longer than the tag, text in a wrong encoding and a year that is none."""
    frames = b"TIT2\0\xff\xff\xff\0\0\x01abc" + b"TYER\0\0\0\x05\0\0\0soon" + b"TPE1\0\0\0\x04\0\0\x03\xff\xfe\xfd"
    path.write_bytes(b"ID3\x03\0\0" + syncsafe(len(frames)) + frames + encode(path, "libmp3lame"))


@sound("tag_without_end.mp3", says=None)
def tag_without_end(path: Path) -> None:
    """A tag of 20 MB before the music."""
    path.write_bytes(b"ID3\x04\0\0" + syncsafe(20_000_000) + bytes(20_000_000) + encode(path, "libmp3lame"))


@sound("hostile_tags.flac", says=None)
def hostile_tags(path: Path) -> None:
    """Tags that are terminal commands, markup, lines, a number out of range and very long."""
    from mutagen.flac import FLAC

    encode(path, "flac")
    tags = FLAC(path)
    tags["title"], tags["artist"] = "\x1b[2J\x1b]0;owned\x07[bold red]{x}%s\n\r\tDROP TABLE", "'; --\u202eevil\0"
    tags["date"], tags["genre"], tags["album"] = "99999999999999999999", "", "A" * 100_000
    tags.save()


@sound("huge_cover.flac", says=None)
def huge_cover(path: Path) -> None:
    from mutagen.flac import FLAC, Picture

    encode(path, "flac")
    tags, picture = FLAC(path), Picture()
    picture.data, picture.mime, picture.width, picture.height = bytes(9_000_000), "image/png", 2**31, 2**31
    tags.add_picture(picture)
    tags.save()


@sound("cover_first.m4a", says=None)
def cover_first(path: Path) -> None:
    """A film whose first stream is a picture."""
    with av.open(str(path), "w", format="mp4") as output:
        pictures = output.add_stream("mjpeg", rate=1)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuvj420p"
        music = output.add_stream("aac", rate=44_100, layout="mono")
        output.mux(pictures.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 48), "red"))))
        frame = av.AudioFrame.from_ndarray(chords(4), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        resampler = av.AudioResampler("fltp", "mono", 44_100, 1024)
        for part in resampler.resample(frame):
            output.mux(music.encode(part))
        for stream in (pictures, music):
            output.mux(stream.encode(None))


@sound("two_hours.flac", says="silent")
def two_hours(path: Path) -> None:
    """Two hours of one and the same value, packed small."""
    with container(path, "flac", 8000) as (output, stream):
        block = np.full((1, 8000), 100, np.int16)
        for start in range(0, 2 * 3600 * 8000, 8000):
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8000, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
