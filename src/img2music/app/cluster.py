"""Scans where the options say, and looks at the nodes of a Ray cluster."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from img2music.cluster.nodes import Node, connected, examine
from img2music.cluster.worker import Versions, versions
from img2music.errors import ClusterError
from img2music.library.scanning import ScanReport
from img2music.library.scanning import scan as scan_into
from img2music.library.store import LibraryStore
from img2music.locations import absolute, reached
from img2music.options import PROCESSES, AnyPath, ScanOptions, require_cluster
from img2music.progress import Progress, unwatched


def scan(
    store: LibraryStore, folders: Sequence[AnyPath], options: ScanOptions, progress: Progress = unwatched
) -> ScanReport:
    """Bring the library up to date with folders."""
    if options.on == PROCESSES or options.dry_run:
        return scan_into(store, folders, options, progress)
    from img2music.cluster.executor import RayExecutor

    here = [root for root in map(absolute, folders) if reached(root)]  # and have to be everywhere
    with RayExecutor(options.on, here, options.jobs) as executor:
        report = scan_into(store, folders, options, progress, executor)
        report.notes += executor.notes
        return report


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
