"""Progress on a terminal, and how commands end."""

import contextlib
import os
import re
import signal
import sys

import pytest

from img2music.cli.progress import progress_bar, unwinding
from img2music.progress import Step

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals")


def test_a_terminal_shows_each_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    here, there = os.openpty()
    with os.fdopen(there, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        with progress_bar() as progress:
            progress(Step("Reading", 0, None))
            progress(Step("Listening", 3, 10, "/music/one\n[bold].mp3", unit="tracks"))
    written = b""
    with contextlib.suppress(OSError):  # EIO where all is read: it comes in pieces
        while part := os.read(here, 100_000):
            written += part
    os.close(here)
    shown = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", written.decode())
    assert "Reading" in shown
    assert "Listening (tracks)" in shown
    assert "3/10" in shown
    assert "/music/one\\n[bold].mp3" in shown


def test_elsewhere_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as progress:
        progress(Step("Listening", 1, 2))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("number", "end"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_ends_the_work_at_its_next_step(number: signal.Signals, end: type[BaseException]) -> None:
    before = signal.getsignal(number)
    reached = []

    def work() -> None:
        with unwinding() as progress:
            progress(Step("Mixing", 0, 2))
            os.kill(os.getpid(), number)
            reached.append("after the signal")
            progress(Step("Mixing", 1, 2))
            reached.append("after the step")

    with pytest.raises(end):
        work()
    assert reached == ["after the signal"]
    assert signal.getsignal(number) is before
