"""Processes that analyse files."""

import signal
import subprocess
import sys

import pytest

# In a process of its own: what is started with the first worker is there already in this one.
FIRST_WORKER = """
import signal
from img2music.library.executors import Context, interrupts_blocked

with interrupts_blocked():
    process = Context().Process(target=print)
    process.start()
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))
process.join()
print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signal masks of POSIX")
def test_the_first_worker_too_is_started_with_interrupts_blocked() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_WORKER], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["True", "False"]
