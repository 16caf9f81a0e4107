"""What a film says of itself and of its streams, carried over to another file."""

import os
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from img2music.media.film_survey import SAME_RATE, demuxed
from img2music.media.video import VideoFile, VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.container.core import Chapter
    from av.packet import Packet

COVERS = {"mjpeg": "jpeg", "png": "png"}
"""Kinds of cover pictures, by libav's name of their codec."""

FORGOTTEN = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "vendor_id"}
"""Tags that tell of the old file, and not of the film."""

COUNTED = ("BPS", "NUMBER_OF_", "_STATISTICS_", "DURATION", "SOURCE_ID")
"""How tags begin in which Matroska tells how many bytes and seconds a stream has."""

QUICKTIME = {"deu": "ger", "ell": "gre", "isl": "ice", "nld": "dut", "zho": "chi"}
"""Languages which libav's writer of QuickTime files only knows by their bibliographic codes (ISO 639-2/B)."""

MILLISECOND = Fraction(1, 1000)


def tags(container: "InputContainer", form: str) -> tuple[dict[str, str], dict[str, str]]:
    """Read the tags of a film."""
    kept = _kept(container.metadata)
    # Phones tell place and time in tags of their own, which libav writes only in the same way as they do.
    phone = any(name.startswith(("com.apple.", "com.android.")) for name in kept)
    return kept, {"movflags": "+use_metadata_tags"} if phone and form in ("mp4", "mov") else {}


def describe(stream: Any, source: Any) -> None:
    """Give a stream the tags of another, and its dispositions."""
    kept = _kept(source.metadata)
    if stream.container.format.name == "mov" and kept.get("language") in QUICKTIME:
        kept["language"] = QUICKTIME[kept["language"]]
    stream.metadata.update(kept)
    stream.disposition = source.disposition


def _kept(metadata: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in metadata.items() if name not in FORGOTTEN and not name.startswith(COUNTED)}


def codec_of(stream: Any) -> str | None:
    """Tell the encoding of a stream."""
    return None if stream.codec_context is None else stream.codec_context.codec.canonical_name


def timecode(info: VideoInfo, rate: float) -> dict[str, str]:
    """Tell the timecode of a film as libav writes it, which counts every picture."""
    if info.timecode is None:
        return {}
    times, rest = divmod(round(rate), info.timecode_rate or max(1, round(rate)))
    told = re.fullmatch(r"(.*\D)(\d+)", info.timecode)
    if rest or told is None:
        return {"timecode": info.timecode}
    return {"timecode": f"{told[1]}{int(told[2]) * times:02}"}


def code_tags(video: VideoFile, form: str) -> list[str | None]:
    """List under which four letters a container may name the encoding of a film's pictures."""
    found: list[str | None] = [None]
    if form in ("mp4", "mov") and video.info.codec == "hevc":
        found.insert(0, "hvc1")  # without which Apple's players don't show it
    tag: str = video.stream.codec_context.codec_tag
    # Where it tells more than the encoding, as with ProRes, of which it is the kind.
    if video.info.container.startswith("mov") and tag.isprintable() and (form == "mov" or video.info.codec == "prores"):
        found.insert(0, tag)
    return found


def twin(out: "OutputContainer", source: Any, tag: str | None = None, rate: float | None = None) -> Any:
    """Add a stream for packets that are copied."""
    stream: Any = out.add_stream_from_template(source, opaque=True)
    if tag is not None:
        stream.codec_context.codec_tag = tag
    if source.type == "video":
        base = source.base_rate
        constant = base and (source.average_rate == base or (rate and abs(rate / base - 1) < SAME_RATE))
        stream.codec_context.framerate = base if constant else 0
        if rate and not constant and out.format.name in ("matroska", "webm"):
            # How long a picture lasts is told there only where that is unusual: it takes what is usual.
            stream.codec_context.framerate = Fraction(rate).limit_denominator(1001)
        if source.sample_aspect_ratio:
            stream.codec_context.sample_aspect_ratio = source.sample_aspect_ratio
    describe(stream, source)
    return stream


def chapters(container: "InputContainer", origin: Fraction, duration: float) -> "list[Chapter]":
    """Read the chapters of a film."""
    found: list[Chapter] = []
    for chapter in container.chapters():
        base = chapter["time_base"] or MILLISECOND
        start = max(0.0, float(chapter["start"] * base - origin))
        end = min(float(chapter["end"] * base - origin), duration)
        if start < end:
            times = {"start": round(start * 1000), "end": round(end * 1000)}
            found.append({**chapter, **times, "time_base": MILLISECOND})  # type: ignore[typeddict-item]
    return found


def redundant(stream: Any, container: "InputContainer") -> bool:
    """Tell whether what a stream of data says is told without it: the timecode, or the chapters."""
    from av.stream import Discard

    count = len(container.chapters())
    return "timecode" in stream.metadata or (0 < stream.frames == count and stream.discard is Discard.all)


def cover(film: str | os.PathLike[str], index: int) -> bytes:
    """Read a cover picture."""
    with VideoFile(film) as video:
        for packet in demuxed(video.container, [video.container.streams[index]]):
            return bytes(packet)
    return b""


def covering(out: "OutputContainer", source: Any, content: bytes) -> "Packet[Any]":
    """Add a stream for a cover picture."""
    import av

    packet: Packet[Any] = av.Packet(content)
    packet.stream, packet.time_base = twin(out, source), MILLISECOND
    packet.pts = packet.dts = 0
    packet.is_keyframe = True
    return packet
