"""Folders of music that may be scanned by whoever can't name a path."""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from img2music.connectors.folders import under
from img2music.locations import is_url

TOO_HIGH = {"/mnt", "/media", "/run", "/run/media", "/home", "/Users", "/Volumes"}
"""Where disks and people's homes are: not meant as a whole by who has music in some of them."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of music."""

    id: str
    path: str
    tracks: int  # that are present, in it or below


def known_folders(music: Sequence[str], lying: Mapping[str, int]) -> list[Folder]:
    """List given folders, and the fewest in which the other tracks lie, by the number of tracks in each folder."""
    given = [path for path in music if not under(path, [each for each in music if each != path])]
    others = [_parts(path) for path in lying if not under(path, given)]
    paths = dict.fromkeys([*given, *map(_path, _common((), others))])
    return [
        Folder(_id(path), path, sum(count for folder, count in lying.items() if under(folder, [path])))
        for path in paths
    ]


def own_music() -> list[str]:
    """The user's folder of music, if there is one."""
    import platformdirs

    folder = platformdirs.user_music_dir()
    return [folder] if os.path.isdir(folder) else []  # noqa: PTH112 - names may be any bytes


def own_films() -> list[str]:
    """The user's folder of films, if there is one."""
    import platformdirs

    folder = platformdirs.user_videos_dir()
    return [folder] if os.path.isdir(folder) else []  # noqa: PTH112 - names may be any bytes


def _parts(path: str) -> tuple[str, ...]:
    scheme, mark, rest = path.partition("://")
    return (scheme + mark, *rest.split("/")) if is_url(path) else PurePath(path).parts


def _path(parts: tuple[str, ...]) -> str:
    return parts[0] + "/".join(parts[1:]) if parts[0].endswith("://") else str(PurePath(*parts))


def _id(path: str) -> str:
    return hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()


def _common(above: tuple[str, ...], below: Collection[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The fewest folders, none too high, in which others lie."""
    depth = len(above)
    inner: dict[str, list[tuple[str, ...]]] = {}
    for parts in below:
        if len(parts) > depth:
            inner.setdefault(parts[depth], []).append(parts)
    own = any(len(parts) == depth for parts in below)
    if depth > 1 and (own or (len(inner) > 1 and not _too_high(PurePath(*above)))):
        yield above
        return
    for name, within in inner.items():
        yield from _common((*above, name), within)


def _too_high(path: PurePath) -> bool:
    return str(path) in TOO_HIGH or Path.home().is_relative_to(path)
