"""Scans on a Ray cluster, as a user starts them."""

import os
import subprocess
import sys
import time

import pytest

from img2music.errors import LibraryError
from img2music.library.store import LibraryStore
from tests.e2e.command import ROOT, call, environment, img2music, words
from tests.support.clusters import RayNodes, free_port
from tests.support.library_sounds import make_music
from tests.support.stores import http_server

pytestmark = pytest.mark.slow


@pytest.fixture
def music(tmp_path):
    make_music(tmp_path / "music", 4)
    return tmp_path / "music"


def test_what_names_no_cluster_is_refused(tmp_path, music):
    told = img2music("scan", music, "--on", "rei", home=tmp_path).sound(2).err
    assert told == "img2music: --on must be processes, ray or ray://host:port, not 'rei'.\n"


def test_without_ray_the_extra_is_named(tmp_path, music):
    (tmp_path / "lacking").mkdir()
    (tmp_path / "lacking" / "ray.py").write_text("raise ImportError")
    path = os.pathsep.join((str(tmp_path / "lacking"), str(ROOT / "src")))
    told = call(words("scan", music, "--on", "ray"), tmp_path, PYTHONPATH=path).sound(2).err
    assert told == "img2music: A Ray cluster needs an extra: pip install 'img2music[cluster]'\n"


def test_a_wrong_address_is_told(tmp_path, music):
    pytest.importorskip("ray")
    on = f"ray://127.0.0.1:{free_port()}"
    told = img2music("scan", music, "--on", on, home=tmp_path).sound(2).err
    assert told.startswith(f"img2music: No Ray cluster answers at {on} (Connection refused);")
    assert len(told.splitlines()) == 1


@pytest.fixture(scope="module")
def nodes():
    pytest.importorskip("ray")
    found = RayNodes(2)
    yield found
    found.close()


@pytest.mark.cluster
def test_a_wrong_token_is_told_and_not_shown(tmp_path, music, nodes):
    wrong = nodes.settings | {"RAY_AUTH_TOKEN": "0123456789abcdef0123456789abcdef"}
    told = img2music("cluster", "doctor", "--on", nodes.address, home=tmp_path, **wrong).sound(2).err
    assert "RAY_AUTH_TOKEN" in told
    assert wrong["RAY_AUTH_TOKEN"] not in told
    assert nodes.settings["RAY_AUTH_TOKEN"] not in told


@pytest.mark.cluster
def test_a_scan_whose_command_is_killed_goes_on(tmp_path, music, nodes):
    make_music(music, 150)  # more than are stored at once
    library = tmp_path / "library.db"
    command = ("scan", music, "--on", nodes.address, "--library", library)
    env = environment(tmp_path, **nodes.settings)
    with subprocess.Popen([sys.executable, "-m", "img2music", *map(str, command)], env=env) as scan:
        while scan.poll() is None and not count(library):
            time.sleep(0.05)
        scan.kill()
    done = count(library)
    assert 0 < done < 150
    report = img2music(*command, home=tmp_path, **nodes.settings).sound(0).err
    assert f"150 audio files: {150 - done} analysed, {done} unchanged" in report
    assert count(library) == 150


@pytest.mark.cluster
def test_files_at_a_url_are_fetched_by_the_nodes(tmp_path, music, nodes):
    library = tmp_path / "library.db"
    with http_server(music) as port:
        command = ("scan", f"http://127.0.0.1:{port}", "--on", nodes.address, "--library", library)
        report = img2music(*command, home=tmp_path, **nodes.settings).sound(0).err
    assert "4 audio files: 4 analysed" in report
    assert count(library) == 4


def count(library) -> int:
    try:
        with LibraryStore.open(library, read_only=True) as store:
            return store.count()
    except LibraryError:  # it is none yet
        return 0
