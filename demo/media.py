"""Free photos and music that come inside packages."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

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
