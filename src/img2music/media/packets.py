"""The encoded sound of a file, apart from its tags: to tell whether it is still the same."""

import hashlib
import os

from img2music.errors import InputError
from img2music.media.audio import FORMATS


def sound_hash(path: str | os.PathLike[str]) -> str:
    """Hash the packets of a file's sound, and their times, without decoding them.

    Two files of the same format with the same hash sound the same, whatever tags and pictures they hold.

    Parameters
    ----------
    path : path-like
        Any file that libav reads.

    Returns
    -------
    str
        BLAKE2b, 32 bytes, hexadecimal.

    Raises
    ------
    InputError
        If libav reads no sound in it.
    """
    import av

    av.logging.set_level(None)
    name = os.fspath(path)
    digest = hashlib.blake2b(digest_size=32)
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    packets = 0
    try:
        # "file:" keeps libav from reading a name such as "concat:a|b" as a protocol.
        with av.open("file:" + name, options=options, metadata_errors="replace") as container:
            for packet in container.demux(container.streams.audio) if container.streams.audio else ():
                if packet.size:
                    packets += 1
                    digest.update(f"{packet.stream_index} {packet.pts} {packet.duration} {packet.size}\n".encode())
                    digest.update(packet)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"its sound can't be read ({reason}); is it damaged?", name) from None
    if not packets:
        raise InputError("there is no sound in it.", name)
    return digest.hexdigest()
