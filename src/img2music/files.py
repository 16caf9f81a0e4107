"""Writing files so that they are there whole or not at all."""

import contextlib
import os
import secrets
from pathlib import Path

from img2music.errors import InputError


def write_atomically(content: bytes, file: Path) -> None:
    """Write a file by way of another that then takes its name.

    Parameters
    ----------
    content : bytes
    file : Path
        Replaced if it exists; through a link, what it points to. A device or a pipe is written to as it is.

    Raises
    ------
    InputError
        If it can't be written; then nothing has changed.
    """
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(content)
            return
        target = file.resolve()
        partial = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with partial.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"can't be written: {reason}.", str(file)) from None
