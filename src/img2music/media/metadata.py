"""What libav reads of a sound file's tags: RIFF's INFO, AIFF's text chunks, CAF, Matroska and other kinds."""

from typing import BinaryIO


def read_metadata(file: str | BinaryIO) -> dict[str, str]:
    """Read the tags of a sound file of this machine by libav."""
    import av

    from img2music.media.audio_file import FORMATS

    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    av.logging.set_level(None)
    try:
        source = f"file:{file}" if isinstance(file, str) else file
        with av.open(source, options=options, metadata_encoding="latin-1") as container:
            return {name.lower(): _decode(text) for name, text in container.metadata.items()}
    except (av.error.FFmpegError, ValueError, OSError):
        return {}


def _decode(text: str) -> str:
    content = text.encode("latin-1")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
