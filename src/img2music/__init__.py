"""img2music: the music of your own library that feels like a picture.

All that is exported is named in ``__init__.pyi``; nothing is imported before it is used.
"""

import os

import lazy_loader

# onnxruntime 1.32 and later otherwise writes a device id to the user's cache folder and reports each run to its maker,
# https://github.com/microsoft/onnxruntime/pull/27379; it looks once, before its first model.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
