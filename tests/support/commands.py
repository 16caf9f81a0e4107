"""The commands: all of them, and one run in this process."""

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout

import click

from img2music.cli.app import app, main


def commands(group: click.Group = app, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """Name, as it is typed, and command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        else:
            assert command is not None
            yield f"{above}{name}", command


COMMANDS = dict(commands())


def call(*arguments: object) -> tuple[int, str, str]:
    """Run a command; its exit code, and what it printed on standard output and on standard error."""
    streams, code = (io.BytesIO(), io.BytesIO()), 0
    out, err = (io.TextIOWrapper(stream, encoding="utf-8", write_through=True) for stream in streams)
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
    printed, told = (stream.getvalue().decode() for stream in streams)
    return code, printed, told


def refused(*arguments: object) -> str:
    """Run a command that can do nothing, and give what it told."""
    code, _, told = call(*arguments)
    assert code == 2, told
    return told
