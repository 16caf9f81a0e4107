"""The cluster: how it is reached, and what its nodes are like."""

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from img2music.cluster.worker import Versions, look, versions
from img2music.errors import ClusterError, require_extra

PORT = 10001
"""Where a cluster's head listens for Ray's clients, unless told otherwise."""
CONNECT_SECONDS = 5.0
TRIES = 3
"""A head that is busy, or finds a port taken, fails to start what serves a client, and does so the next time."""
LOOK_SECONDS = 60.0
"""What a node may take to start a process that imports img2music."""
OBJECT_STORE = 80 << 20
"""Bytes of shared memory of a cluster that is started here; results are small."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a cluster."""

    id: str
    name: str
    """Host and address."""
    cpus: int
    """Processors that it has to give."""
    versions: Versions | None = None
    """What it analyses with; null where img2music does not work."""
    unseen: tuple[str, ...] = ()
    """Folders that it can't list."""
    error: str | None = None
    """Why it can't take part; null if it can."""


@contextlib.contextmanager
def connected(on: str) -> Iterator[bool]:
    """Reach a cluster: ``ray://host:port``, or with ``ray`` that of this machine, or else one that is started here.

    Tells whether it was started.
    """
    os.environ.setdefault("RAY_CLIENT_MAX_CONNECTION_TIMEOUT_S", f"{CONNECT_SECONDS:.0f}")  # of each of three tries
    address = _address(on)
    if address is None:
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # Ray makes one
    with require_extra("A Ray cluster", "cluster"):
        import ray
    quiet = {"log_to_driver": False, "logging_level": "CRITICAL"}
    for left in reversed(range(TRIES)):
        try:
            if address is None:
                ray.init("local", include_dashboard=False, object_store_memory=OBJECT_STORE, **quiet)
            else:
                ray.init(address, **quiet)
            break
        except Exception as error:  # noqa: BLE001 - gRPC's, Ray's and Python's own
            if not left or "Initialization failure" not in str(error):
                raise _refused(address or "this machine", error) from None
    try:
        yield address is None
    finally:
        ray.shutdown()


def _address(on: str) -> str | None:
    """Give the address of a cluster that answers, for Ray tries others for minutes; None where there is none yet."""
    asked = os.environ.get("RAY_ADDRESS") if on == "ray" else on
    current = Path(os.environ.get("RAY_TMPDIR", "/tmp"), "ray", "ray_current_cluster")  # noqa: S108 - Ray's own
    address = asked or (current.read_text(encoding="utf-8").strip() if current.exists() else None)
    if address is None:
        return None
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        socket.create_connection((parts.hostname or "", parts.port or PORT), CONNECT_SECONDS).close()
    except OSError as error:
        if asked is None:
            return None
        why = error.strerror or "no answer in time"
        raise ClusterError(f"No Ray cluster answers at {asked} ({why}); is its head running, with that port?") from None
    return address


def _refused(address: str, error: Exception) -> ClusterError:
    said = " ".join(str(error).split())
    if "version" in said.lower():
        return ClusterError(f"The Ray cluster at {address} has other versions of Python or Ray than this machine.")
    if any(word in said.lower() for word in ("timeout", "failed to connect", "auth")):  # it does not say more
        return ClusterError(
            f"What answers at {address} takes this machine for no part of a cluster; does its head run, and are"
            " RAY_AUTH_MODE and the token (RAY_AUTH_TOKEN, or ~/.ray/auth_token) those of its nodes?"
        )
    return ClusterError(f"The Ray cluster at {address} can't be used: {_cause(error)}")


def alive() -> dict[str, str]:
    """Names of the nodes that are alive, by id."""
    import ray

    return {node["NodeID"]: _name(node) for node in ray.nodes() if node["Alive"]}


def examine(folders: Sequence[str] = ()) -> list[Node]:
    """Ask each node what it is like, and whether it sees folders."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here, found = versions(), []
    task = ray.remote(look)
    asked = []
    for node in ray.nodes():
        if node["Alive"]:
            place = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            known = Node(node["NodeID"], _name(node), int(node["Resources"].get("CPU", 0)))
            asked.append((known, task.options(num_cpus=0, max_retries=0, scheduling_strategy=place).remote(folders)))
    ray.wait([ref for _, ref in asked], num_returns=len(asked), timeout=LOOK_SECONDS)
    for node, ref in asked:
        try:
            theirs, unseen = ray.get(ref, timeout=0)
        except ray.exceptions.GetTimeoutError:
            found.append(replace(node, error="it does not answer."))
        except ray.exceptions.TaskUnschedulableError:  # it has died a moment ago
            continue
        except Exception as error:  # noqa: BLE001 - Ray's, or what an import there has raised
            found.append(replace(node, error=f"img2music does not work there: {_cause(error)}"))
        else:
            wrong = difference(here, theirs)
            if wrong is None and unseen:
                wrong = f"it does not see {unseen[0]}; mount it there at the same path."
            found.append(replace(node, versions=theirs, unseen=tuple(unseen), error=wrong))
    return sorted(found, key=lambda node: (node.name, node.id))


def difference(here: Versions, there: Versions) -> str | None:
    """Say in what a node differs from this machine."""
    for part in ("python", "img2music", "analyzer", "models"):
        mine, theirs = getattr(here, part), getattr(there, part)
        if mine != theirs:
            return f"it has {part} {theirs}, and this machine {mine}; install the same on both."
    return None


def _name(node: dict[str, object]) -> str:
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"


def _cause(error: Exception) -> str:
    """The last line of what Ray says, which is what was raised there."""
    return (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]
