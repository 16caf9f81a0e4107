"""Just enough of the protocol buffers' wire format to look into model files."""

from collections.abc import Iterator


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Split a message."""
    offset = 0
    while offset < len(message):
        tag, offset = varint(message, offset)
        kind = tag & 7
        if kind == 0:
            value, offset = varint(message, offset)
            yield tag >> 3, value
            continue
        if kind == 2:
            size, offset = varint(message, offset)
        else:
            size = {1: 8, 5: 4}[kind]
        yield tag >> 3, message[offset : offset + size]
        offset += size


def varint(message: memoryview, offset: int) -> tuple[int, int]:
    """Read a number of variable length: the number, and the offset behind it."""
    value = shift = 0
    while True:
        byte = message[offset]
        value |= (byte & 0x7F) << shift
        offset, shift = offset + 1, shift + 7
        if byte < 0x80:
            return value, offset
