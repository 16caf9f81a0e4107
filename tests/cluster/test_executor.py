"""What comes of files on a cluster of three nodes, whatever dies."""

import dataclasses
import os
import re
import signal
from pathlib import Path

import pytest

from img2music.app.cluster import doctor, scan
from img2music.cluster import executor as executor_module
from img2music.cluster.executor import RayExecutor
from img2music.connectors.folders import FileState
from img2music.errors import ClusterError, InputError
from img2music.library.executors import BrokenExecutorError, CrashedError
from img2music.library.store import LibraryStore
from img2music.library.workers import content_hash
from img2music.options import ScanOptions
from tests.cluster import poison
from tests.support.clusters import ROOT, RayNodes
from tests.support.library_sounds import make_music

pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.cluster]


@pytest.fixture(scope="module")
def nodes():
    found = RayNodes(3)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in found.settings.items():
            patch.setenv(name, value)
        yield found
    found.close()


@pytest.fixture
def cluster(nodes):
    with RayExecutor(nodes.address) as executor:
        yield executor


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "song.wav"
    path.touch()
    return FileState(str(path), 0, 0)


def files(folder: Path, count: int) -> list[FileState]:
    return [FileState(str(folder / str(number)), number, 0) for number in range(count)]


def stored(store: LibraryStore) -> list[object]:
    """All that a library holds but ids and times."""
    failures = [dataclasses.replace(failure) for failure in store.failures()]
    return [sorted(store.records(), key=lambda record: record.file.path), failures]


def test_the_library_is_that_of_local_processes(nodes, tmp_path):
    songs = make_music(tmp_path / "music", 5)
    (tmp_path / "music" / "same.wav").write_bytes(songs[0].read_bytes())
    (tmp_path / "music" / "bad.mp3").write_bytes(b"no music")
    found = []
    for on in ("processes", nodes.address):
        with LibraryStore.open(tmp_path / f"{len(found)}.db", create=True) as store:
            report = scan(store, [tmp_path / "music"], ScanOptions(on=on, jobs=None if found else 1))
            assert (report.analysed, report.copied, len(report.failed)) == (5, 1, 1)
            found.append(stored(store))
    assert found[0] == found[1]


def test_the_doctor_looks_at_every_node(nodes, tmp_path):
    report = doctor(nodes.address, [tmp_path])
    assert [(node.cpus, node.versions, node.error) for node in report.nodes] == [(1, report.here, None)] * 3
    missing = str(tmp_path / "missing")
    report = doctor(nodes.address, [tmp_path, missing])
    assert [node.unseen for node in report.nodes] == [(missing,)] * 3


def test_a_folder_that_no_node_sees_is_told_at_once(nodes, tmp_path):
    with pytest.raises(ClusterError, match=r"^Node .* does not see .*missing; mount it .* 2 more of 3 nodes\.$"):
        RayExecutor(nodes.address, [str(tmp_path / "missing")])


def test_poison_is_the_fault_of_its_file_alone(cluster, file, monkeypatch):
    monkeypatch.setattr(executor_module, "timeout", lambda _: 5.0)
    found = [cluster.submit(work, file) for work in (poison.abort, poison.endless, poison.greedy, poison.wrong)]
    well = [cluster.submit(poison.harmless, file) for _ in range(6)]
    for future, error in zip(found, (CrashedError, TimeoutError, InputError, InputError), strict=True):
        with pytest.raises(error):
            cluster.result(future)
    assert [cluster.result(future)[1] for future in well] == [0] * 6


def test_a_file_that_is_gone_is_told_as_everywhere(cluster, tmp_path):
    with pytest.raises(InputError, match="No such file"):
        cluster.result(cluster.read(content_hash, FileState(str(tmp_path / "gone.mp3"), 1, 1)))


def test_a_node_that_sees_a_file_no_more_takes_no_part(nodes, tmp_path, monkeypatch):
    (tmp_path / "song.wav").touch()
    monkeypatch.chdir(tmp_path)  # where the nodes are not
    with RayExecutor(nodes.address, jobs=1) as executor:
        future = executor.read(content_hash, FileState("song.wav", 0, 0))
        with pytest.raises(BrokenExecutorError):
            executor.result(future)
        (note,) = executor.notes
        assert re.fullmatch(r"Node .* takes no part: it does not see song\.wav; is its disk mounted\?", note)
        with pytest.raises(ClusterError, match=re.escape(note)):
            executor.restart()


def test_a_worker_that_is_killed_costs_its_file_alone(cluster, file):
    pid, _ = cluster.result(cluster.submit(poison.harmless, file))
    futures = [cluster.submit(poison.slow, file) for _ in range(6)]
    os.kill(pid, signal.SIGKILL)
    ends = [future.exception() for future in futures]
    assert sum(isinstance(end, CrashedError) for end in ends) <= 1
    assert sum(end is None for end in ends) >= 5


def test_the_work_of_a_node_that_dies_goes_to_others(nodes, tmp_path):
    with RayExecutor(nodes.address, jobs=3) as executor:
        executor.result(executor.submit(poison.harmless, files(tmp_path, 1)[0]))
        futures = [executor.submit(poison.slow, each) for each in files(tmp_path, 12)]
        nodes.kill(-1)
        assert [executor.result(future)[1] for future in futures] == list(range(12))
    nodes.add()


def test_a_node_of_another_version_takes_no_part(nodes, tmp_path):
    other = tmp_path / "img2music"
    other.mkdir()
    for part in (ROOT / "src" / "img2music").iterdir():
        if part.name != "__init__.py":
            (other / part.name).symlink_to(part)
    ours = (ROOT / "src" / "img2music" / "__init__.py").read_text()
    (other / "__init__.py").write_text(ours.replace('__version__ = "', '__version__ = "9.'))
    nodes.add(PYTHONPATH=os.pathsep.join((str(tmp_path), str(ROOT))))
    try:
        with pytest.raises(ClusterError, match=r"^Node .* has img2music 9\..*; install the same on both\.$"):
            RayExecutor(nodes.address)
    finally:
        nodes.kill(-1)


def test_a_cluster_that_goes_is_told_and_what_was_finished_is_kept(nodes, tmp_path):
    with RayExecutor(nodes.address) as executor:
        future = executor.submit(poison.endless, files(tmp_path, 1)[0])
        while nodes.nodes:
            nodes.kill(-1)
        with pytest.raises(BrokenExecutorError):
            executor.result(future)
        with pytest.raises(ClusterError, match=f"^No Ray cluster answers at {nodes.address} "):
            executor.restart()
