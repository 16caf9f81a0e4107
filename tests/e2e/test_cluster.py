"""Scans on a Ray cluster, as a user starts them."""

import os
import subprocess
import sys
import time

import pytest

from img2music.library.store import LibraryStore
from tests.e2e.command import ROOT, environment, img2music
from tests.support.clusters import RayNodes, free_port
from tests.support.library_sounds import make_music

pytestmark = pytest.mark.slow


@pytest.fixture
def music(home):
    make_music(home / "music", 12)
    return home / "music"


def test_what_names_no_cluster_is_refused(home, music):
    told = img2music("scan", music, "--on", "rei", home=home).sound(2).err
    assert told == "img2music: --on must be processes, ray or ray://host:port, not 'rei'.\n"


def test_without_ray_the_extra_is_named(home, music):
    (home / "lacking").mkdir()
    (home / "lacking" / "ray.py").write_text("raise ImportError")
    path = os.pathsep.join((str(home / "lacking"), str(ROOT / "src")))
    told = img2music("scan", music, "--on", "ray", home=home, PYTHONPATH=path).sound(2).err
    assert told == "img2music: A Ray cluster needs an extra: pip install 'img2music[cluster]'\n"


def test_a_wrong_address_is_told(home, music):
    pytest.importorskip("ray")
    on = f"ray://127.0.0.1:{free_port()}"
    told = img2music("scan", music, "--on", on, home=home).sound(2).err
    assert told.startswith(f"img2music: No Ray cluster answers at {on} (Connection refused);")
    assert len(told.splitlines()) == 1


@pytest.fixture(scope="module")
def nodes():
    pytest.importorskip("ray")
    found = RayNodes(2)
    yield found
    found.close()


@pytest.mark.cluster
def test_a_wrong_token_is_told_and_not_shown(home, music, nodes):
    wrong = nodes.settings | {"RAY_AUTH_TOKEN": "0123456789abcdef0123456789abcdef"}
    told = img2music("cluster", "doctor", "--on", nodes.address, home=home, **wrong).sound(2).err
    assert "RAY_AUTH_TOKEN" in told
    assert wrong["RAY_AUTH_TOKEN"] not in told
    assert nodes.settings["RAY_AUTH_TOKEN"] not in told


@pytest.mark.cluster
def test_a_scan_whose_command_is_killed_goes_on(home, music, nodes):
    library = home / "library.db"
    command = ("scan", music, "--on", nodes.address, "--library", library)
    with subprocess.Popen(
        [sys.executable, "-m", "img2music", *command], env=environment(home, **nodes.settings), stderr=subprocess.PIPE
    ) as scan:
        while scan.poll() is None and not count(library):
            time.sleep(0.05)
        scan.kill()
    done = count(library)
    assert 0 < done < 12
    report = img2music(*command, home=home, **nodes.settings).sound(0).err
    assert f"12 audio files: {12 - done} analysed, {done} unchanged" in report
    assert count(library) == 12


def count(library) -> int:
    if not library.exists():
        return 0
    with LibraryStore.open(library, read_only=True) as store:
        return store.count()
