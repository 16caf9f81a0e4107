"""What commands import, for the process that the end-to-end tests fork theirs from."""
# ruff: noqa: F401

import importlib
import pkgutil

import alembic.command
import av
import mutagen
import numpy
import onnxruntime
import pebble
import PIL.Image
import rich.progress
import rich.table
import sqlalchemy

import img2music.cli
import tests.e2e.command

for module in pkgutil.walk_packages(img2music.cli.__path__, "img2music.cli."):
    importlib.import_module(module.name)
