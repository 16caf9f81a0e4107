"""File names that trip programs, all of them legal, and folders that lead nowhere, made on the spot."""

import os
import unicodedata
from pathlib import Path

STEMS = [
    "한국어 노래",
    unicodedata.normalize("NFD", "한국어 노래"),  # the same in decomposed letters, as macOS writes it
    "🎵👩‍🎤",
    "two\nlines",
    "tab\there",
    "return\rhere",
    "\x1b[31mred\x1b[2J",
    "bell\x07",
    "right\u202eleft",
    "zero\u200bwidth",
    os.fsdecode(b"caf\xe9 latin"),
    os.fsdecode(b"\xff\xfe\x80"),
    "--help",
    "-rf",
    "--library=x",
    " leading blank",
    "trailing dot.",
    "#hash",
    "100%",
    "%s%n{0}$HOME",
    "[bold red]markup[blink]",
    "quote'\"back\\slash",
    "semi;colon,comma",
    "star*[a-z]?",
    "http:",
    "C:\\Windows",
    "NUL",
    "a" * 200,
    "Ünïcödé",
    "case",
    "CASE",
]
"""File names without their ending."""


def deep(folder: Path, depth: int = 60) -> Path:
    """A folder in a folder in a folder..., longer than a path may be."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        for _ in range(depth):
            name = "d" * 100
            Path(name).mkdir()
            os.chdir(name)
        Path("bottom.flac").write_text("out of reach")
    finally:
        os.chdir(here)
    return folder / ("d" * 100)


def remove_deep(folder: Path) -> None:
    """Remove what `deep` made, which is too long for ``shutil.rmtree`` by path."""
    os.system(f"rm -rf '{folder}'")


def loops(folder: Path) -> None:
    """Links to the folder itself, to the one above, to one another, to nowhere."""
    (folder / "self").symlink_to(".")
    (folder / "up").symlink_to("..")
    (folder / "root").symlink_to(folder)
    (folder / "ping").symlink_to("pong")
    (folder / "pong").symlink_to("ping")
    (folder / "nowhere").symlink_to("not/there")
    (folder / "inner").mkdir()
    (folder / "inner" / "back").symlink_to(folder)
