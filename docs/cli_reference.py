"""Write docs/cli.md from the commands' own ``--help``: ``python docs/cli_reference.py [FILE]``."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from img2music.cli.app import app

HEADER = """# Command line

Written from `--help` by `make docs`; edit the commands, not this page.
What the commands print as JSON is in [json.md](json.md).
"""


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Name and help text of a command and of all below it."""
    context = click.Context(command, info_name=" ".join(path), max_content_width=100, terminal_width=100)
    yield " ".join(path), command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, (*path, name))


def reference() -> str:
    """Write the whole page."""
    sections = [f"## {name}\n\n```text\n{text}\n```\n" for name, text in commands(app, ("img2music",))]
    return "\n".join([HEADER, *sections])


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("cli.md")
    target.write_text(reference(), encoding="utf-8")
