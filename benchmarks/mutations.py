"""Changes that damage a file as disks, networks and attackers do."""

import random
import re
from collections.abc import Callable, Sequence

LARGEST = 4 << 20
"""Bytes of a damaged file."""

NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 62)
WORDS = (b"0", b"-1", b"1.5", b"1e308", b"-1e-308", b"NaN", b"Infinity", b"null", b"9" * 20, b"9" * 5000)
TOKENS = (
    *(b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\0", b"[", b"]", b"{", b"}", b"\\"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xf0\x9f\x8e\xb5", b"\xed\xa0\x80"),
    *(b"[" * 20_000, b'{"a":' * 20_000, b"x" * 200_000, b"\r\n" * 5000),
)

Change = Callable[[random.Random, bytearray, int, int], None]


def _bit(chance: random.Random, content: bytearray, at: int, _: int) -> None:
    content[at] ^= 1 << chance.randrange(8)


def _byte(chance: random.Random, content: bytearray, at: int, _: int) -> None:
    content[at] = chance.randrange(256)


def _number(chance: random.Random, content: bytearray, at: int, _: int) -> None:
    width = chance.choice((1, 2, 4, 8))
    number = (chance.choice(NUMBERS) + chance.choice((0, 0, -1, 1))) % (1 << 8 * width)
    content[at : at + width] = number.to_bytes(width, chance.choice(("little", "big")))


def _digits(chance: random.Random, content: bytearray, at: int, _: int) -> None:
    runs = list(re.finditer(rb"-?\d+(\.\d+)?", bytes(content[at : at + 4096])))
    if runs:
        run = chance.choice(runs)
        content[at + run.start() : at + run.end()] = chance.choice(WORDS)


def _token(chance: random.Random, content: bytearray, at: int, _: int) -> None:
    content[at:at] = chance.choice(TOKENS)


def _lost(_: random.Random, content: bytearray, at: int, length: int) -> None:
    del content[at : at + length]


def _repeated(chance: random.Random, content: bytearray, at: int, length: int) -> None:
    content[at:at] = content[at : at + length] * chance.choice((1, 1, 2, 50))


def _cut(chance: random.Random, content: bytearray, at: int, length: int) -> None:
    del content[chance.choice((at, max(0, len(content) - length))) :]


CHANGES: tuple[Change, ...] = (_bit, _byte, _number, _number, _digits, _token, _lost, _repeated, _cut)


def mutated(chance: random.Random, content: bytes, others: Sequence[bytes]) -> bytes:
    """Damage a file by 1 to 16 changes, half of them near its beginning, where most formats say what they are.

    ``others`` are files of its kind, parts of which may get into it.
    """
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 8, 16))):
        size = len(damaged)
        if not size:
            break
        at = chance.randrange(min(size, 512) if chance.random() < 0.5 else size)
        length = chance.choice((1, 2, 4, 16, 64, 256, 4096, size))
        if chance.random() < 0.1:
            other = chance.choice(others)
            start = chance.randrange(len(other) + 1)
            damaged[at : at + chance.choice((0, length))] = other[start : start + length]
        else:
            chance.choice(CHANGES)(chance, damaged, at, length)
        del damaged[LARGEST:]
    return bytes(damaged)
