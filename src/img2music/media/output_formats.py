"""The formats that films and files of sound are written in. Light, since help lists them."""

from dataclasses import dataclass

from img2music.files import FileKind
from img2music.formats import Format, Formats

ISO_MEDIA = rb".{4}(ftyp|moov|mdat|free|skip|wide)"
"""The first box of a file of the MP4 family (ISO/IEC 14496-12, Apple's QuickTime)."""
EBML = rb"\x1a\x45\xdf\xa3"
"""How Matroska and WebM begin (RFC 8794)."""


@dataclass(frozen=True)
class FilmFormat(Format):
    """How a film is written, in libav's names."""

    container: str
    video: str  # the encoder for pictures that can't be copied
    sound: str
    text: str  # for subtitles that can't be copied


@dataclass(frozen=True)
class SoundFormat(Format):
    """How a file of sound is written, in libav's names."""

    container: str
    codec: str
    channels: int = 8  # most that it holds
    options: tuple[tuple[str, str], ...] = ()  # of the container


FILM = Formats(
    "a film",
    FilmFormat("mp4", FileKind("an MP4 film", (".mp4",), ISO_MEDIA), "mp4", "libx264", "aac", "mov_text"),
    FilmFormat("mov", FileKind("a QuickTime film", (".mov",), ISO_MEDIA), "mov", "libx264", "aac", "mov_text"),
    # Opus where AAC is not cut to its length
    FilmFormat("mkv", FileKind("a Matroska film", (".mkv",), EBML), "matroska", "libx264", "libopus", "subrip"),
    FilmFormat("webm", FileKind("a WebM film", (".webm",), EBML), "webm", "libvpx-vp9", "libopus", "webvtt"),
)

_OGG = FileKind("an Ogg file", (".opus", ".ogg"), rb"OggS")
SOUND = Formats(
    "a file of sound",
    SoundFormat("flac", FileKind("a FLAC file", (".flac",), rb"fLaC|ID3"), "flac", "flac"),
    SoundFormat(
        "wav",
        FileKind("a WAV file", (".wav",), rb"(RIFF|RF64).{4}WAVE"),
        "wav",
        "pcm_s24le",
        options=(("rf64", "auto"),),  # beyond 4 GB
    ),
    SoundFormat("m4a", FileKind("an M4A file", (".m4a",), rb".{4}ftyp"), "ipod", "aac"),
    SoundFormat("mp3", FileKind("an MP3 file", (".mp3",), rb"ID3|\xff[\xe0-\xff]"), "mp3", "libmp3lame", channels=2),
    SoundFormat("opus", _OGG, "opus", "libopus"),
    SoundFormat("ogg", _OGG, "ogg", "libopus"),
)
