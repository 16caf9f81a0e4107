"""Only the command line speaks of flags."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import img2music

SOURCE = Path(img2music.__file__).parent
FLAG = re.compile(r"(?<![\w-])--[a-z]")
OTHERS = {": pip install --upgrade av"}
"""Strings that name flags of other programs."""
RECORDED = re.compile(r"research/images/(model_file|training|networks/settings)\.py:\d+ --[a-z-]+")
"""Flags of the command that trains a model, which its file records: those alone, in no message."""


def strings() -> Iterator[tuple[str, str]]:
    """Where it stands, and each string of files that may name a flag; docstrings and parts of f-strings too."""
    for file in sorted(SOURCE.rglob("*.py")):
        name = file.relative_to(SOURCE)
        text = file.read_text(encoding="utf-8")
        if "cli" not in name.parts and FLAG.search(text):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield f"{name}:{node.lineno}", node.value


def test_nothing_below_the_commands_names_a_flag() -> None:
    named = [f"{where} {text}" for where, text in strings() if FLAG.search(text) and text not in OTHERS]
    assert [each for each in named if not RECORDED.fullmatch(each)] == []
