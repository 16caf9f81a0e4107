"""Only the command line speaks of flags."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import img2music

SOURCE = Path(img2music.__file__).parent
FLAG = re.compile(r"(?<![\w-])--[a-z]")
OTHERS: set[str] = set()
"""Strings that name flags of other programs."""


def strings() -> Iterator[tuple[str, str]]:
    """Where it stands, and each string of the program but for the commands; docstrings and parts of f-strings too."""
    for file in sorted(SOURCE.rglob("*.py")):
        name = file.relative_to(SOURCE)
        if "cli" not in name.parts:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield f"{name}:{node.lineno}", node.value


def test_nothing_below_the_commands_names_a_flag() -> None:
    named = {where: text for where, text in strings() if FLAG.search(text) and text not in OTHERS}
    assert not named
