"""img2music: the music of your own library that feels like a picture.

The public API is here: `analyze`, `explain`, `Library`, `Affect`, `TrackFilter` and the errors. Nothing heavy is
imported before it is used.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from img2music.affect import Affect as Affect
    from img2music.affect import Scale as Scale
    from img2music.app.library import Library as Library
    from img2music.app.library import analyze as analyze
    from img2music.app.library import explain as explain
    from img2music.errors import Img2MusicError as Img2MusicError
    from img2music.errors import InputError as InputError
    from img2music.filters import TrackFilter as TrackFilter

# onnxruntime 1.32 and later otherwise writes a device id to the user's cache folder and reports each run to its maker,
# https://github.com/microsoft/onnxruntime/pull/27379; it looks once, before its first model.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"

_HOMES = {
    "Affect": "img2music.affect",
    "Img2MusicError": "img2music.errors",
    "InputError": "img2music.errors",
    "Library": "img2music.app.library",
    "Scale": "img2music.affect",
    "TrackFilter": "img2music.filters",
    "analyze": "img2music.app.library",
    "explain": "img2music.app.library",
}

__all__ = ["Affect", "Img2MusicError", "InputError", "Library", "Scale", "TrackFilter", "analyze", "explain"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'img2music' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
