"""Music on an S3 server against the same on the disk: whether both are read alike, and how many bytes are read."""

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.report import Report, seconds
from img2music import Library
from img2music.connectors.folders import FolderWalk
from img2music.library.record import TrackRecord
from img2music.library.store import LibraryStore
from tests.support.stores import S3Server, Wire


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="music")
    parser.add_argument("--count", type=int, default=100, help="files of it")
    parser.add_argument("--jobs", type=int, default=2)


def run(options: argparse.Namespace) -> Report:
    report = Report("remote", ["what", "seconds", "MB read", "times the files"])
    server = S3Server()
    wire = Wire(server.port)
    os.environ |= server.settings | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{wire.port}"}
    with tempfile.TemporaryDirectory() as name:
        folder, music = Path(name), Path(name, "music")
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        files = sorted(file.path for file in FolderWalk([str(options.folder.absolute())]))
        size = 0
        for path in files[:: max(1, len(files) // options.count)][: options.count]:
            file = music / Path(path).relative_to(options.folder.absolute())
            file.parent.mkdir(parents=True, exist_ok=True)
            file.symlink_to(path)
            size += file.stat().st_size
        root = server.put(music, "music")

        def scan(what: str, library: str, place: str, *, tags: bool = False) -> None:
            wire.bytes = 0
            with Library.open(folder / library) as opened:
                took = seconds(lambda: opened.scan(place, jobs=options.jobs, tags=tags), repeat=1, warmup=0)
            report.add(what, took, wire.bytes / 1e6, wire.bytes / size)

        scan("disk", "disk.db", str(music))
        scan("store", "store.db", root)
        scan("store again, unchanged", "store.db", root)
        scan("tags again", "store.db", root, tags=True)
        here, there = _records(folder / "disk.db", str(music)), _records(folder / "store.db", root)
        differing = sum(here.get(each) != there.get(each) for each in here.keys() | there.keys())
        left = sum(file.is_file() and bool(file.suffix) for file in (folder / "cache").rglob("*"))
        report.note = (
            f"{len(here)} files of {size / 1e6:.1f} MB; differing in tags, hashes, features, affect or curve: "
            f"{differing}; copies left over: {left}."
        )
    wire.close()
    server.close()
    return report


def _records(library: Path, root: str) -> dict[str, tuple[object, ...]]:
    """All that was read, by the rest of the path."""
    with LibraryStore.open(library, read_only=True) as store:
        return {record.file.path[len(root) :]: _read(record) for record in store.records()}


def _read(record: TrackRecord) -> tuple[object, ...]:
    return record.file.size, record.content, record.sound, record.tags, record.analysis
