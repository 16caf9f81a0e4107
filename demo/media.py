"""Free photos and music that come inside packages."""

import re
import shutil
from importlib.metadata import distribution
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple

# All in the public domain or CC0, but for palace and flower, CC BY 2.0: their packages say by whom.
PHOTOS = {
    "astronaut": ("skimage.data", "astronaut.png"),
    "camera": ("skimage.data", "camera.png"),
    "cat": ("skimage.data", "chelsea.png"),
    "coffee": ("skimage.data", "coffee.png"),
    "galaxies": ("skimage.data", "hubble_deep_field.jpg"),
    "rocket": ("skimage.data", "rocket.jpg"),
    "palace": ("sklearn.datasets.images", "china.jpg"),
    "flower": ("sklearn.datasets.images", "flower.jpg"),
}


def copy_photos(folder: Path) -> Path:
    """Copy the photos out of their packages, under names that say what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (package, file) in PHOTOS.items():
        with as_file(files(package) / file) as source:
            shutil.copyfile(source, folder / f"{name}{source.suffix}")
    return folder


def music_folder() -> Path:
    """Folder with 28 pieces of half a minute, one folder a mood."""
    from immich_memories_music import tracks_dir

    return Path(tracks_dir())


class Known(NamedTuple):
    """What a piece was made to."""

    tempo: float
    key: str  # such as "Bb minor"


def known_pieces() -> dict[str, Known]:
    """Tempo and key that the demo's pieces were made to, by the names of their files."""
    package = distribution("immich-memories-music")
    (notes,) = (file for file in package.files or () if file.name == "LICENSE-MUSIC")
    listed = re.findall(r"(\w+\.opus)\s+(\d+) bpm\s+(\w+ (?:major|minor))", notes.read_text(encoding="utf-8"))
    return {name: Known(float(tempo), key) for name, tempo, key in listed}
