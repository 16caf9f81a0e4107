"""How the tests of commands run one."""

import sys
from collections.abc import Callable

import pytest

from img2music.cli.app import main

Shell = Callable[..., tuple[bytes, str]]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Shell:
    """Run a command as the shell does, check its exit code, and give what it printed and told, libraries included."""

    def run_command(*arguments: object, code: int = 0) -> tuple[bytes, str]:
        monkeypatch.setattr(sys, "argv", ["img2music", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        printed, told = capfdbinary.readouterr()
        assert (left.value.code or 0) == code, told.decode()
        return printed, told.decode()

    return run_command
