"""Scans where the options say, and looks at the nodes of a Ray cluster."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from img2music.app.server_exchange import Exchange
from img2music.cluster.nodes import Node, connected, examine
from img2music.cluster.worker import Versions, versions
from img2music.connectors.music_server import song_at
from img2music.errors import ClusterError, counted
from img2music.library.scanning import ScanReport
from img2music.library.scanning import scan as scan_into
from img2music.library.store import LibraryStore
from img2music.locations import absolute, reached
from img2music.options import PROCESSES, AnyPath, ScanOptions, require_cluster
from img2music.progress import Progress, unwatched


def scan(
    store: LibraryStore, folders: Sequence[AnyPath], options: ScanOptions, progress: Progress = unwatched
) -> ScanReport:
    """Bring the library up to date with folders; of music servers, with songs that are not here as files, too."""
    left_out = _here(store, folders, options, progress)
    if options.on == PROCESSES or options.dry_run:
        report = scan_into(store, folders, options, progress, left_out=left_out)
        report.notes += _told(left_out)
        return report
    from img2music.cluster.executor import RayExecutor

    here = [root for root in map(absolute, folders) if reached(root)]  # and have to be everywhere
    with RayExecutor(options.on, here, options.jobs) as executor:
        report = scan_into(store, folders, options, progress, executor, left_out=left_out)
        report.notes += [*executor.notes, *_told(left_out)]
        return report


def _here(
    store: LibraryStore, folders: Sequence[AnyPath], options: ScanOptions, progress: Progress
) -> dict[str, set[str]]:
    """Songs of music servers among folders that are tracks with files, by connection."""
    names = {song_at(root)[0] for root in map(absolute, folders) if root.startswith("server://")}
    if not options.dry_run:
        for name in names:
            with closing(Exchange(store, name)) as exchange, store.syncing():
                exchange.renew(progress)
    return {name: store.servers.here(name) for name in names}


def _told(left_out: dict[str, set[str]]) -> list[str]:
    return [
        f"{counted(len(songs), 'song')} of {name} {'is' if len(songs) == 1 else 'are'} here as files, and left out."
        for name, songs in left_out.items()
        if songs
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterReport:
    """``img2music/cluster/1``."""

    schema: Literal["img2music/cluster/1"] = "img2music/cluster/1"
    on: str
    """How the cluster was reached."""
    started: bool
    """Whether there was none, so that one was started to be looked at."""
    here: Versions
    """What this machine analyses with."""
    nodes: list[Node]


def doctor(on: str, folders: Sequence[AnyPath]) -> ClusterReport:
    """Look at the nodes of a cluster."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    from img2music.cluster.driver import silence
    from img2music.library.executors import Context

    require_cluster(on)
    # In a process of its own, for Ray prints what it likes.
    with ProcessPoolExecutor(1, Context(), silence) as pool:
        try:
            started, nodes = pool.submit(_look, on, [absolute(folder) for folder in folders]).result()
        except BrokenProcessPool:
            raise ClusterError("The Ray cluster, or the way to it, is gone.") from None
    return ClusterReport(on=on, started=started, here=versions(), nodes=nodes)


def _look(on: str, folders: Sequence[str]) -> tuple[bool, list[Node]]:
    with connected(on) as started:
        return started, examine(folders)
