"""Colours as a file stores them -> sRGB, as screens show it and networks have seen it."""

import io
import struct
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

EXIF_FOLDER, INTEROPERABILITY_FOLDER = 0x8769, 0xA005
INTEROPERABILITY_INDEX = 1
OPTIONAL_SPACE = "R03"
"""What cameras write into Exif for Adobe RGB (DCF 2.0, section 3.4), often without a profile."""

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x and y of white, red, green and blue, in the order of PNG's chunk cHRM."""

SRGB: Chromaticities = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
ADOBE_RGB: Chromaticities = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
ADOBE_GAMMA = 563 / 256
SRGB_GAMMA = 2.2

INSIGNIFICANT_GAMMA, INSIGNIFICANT_COLOUR = 0.05, 0.01
"""Share of a gamma, and x or y, that nobody sees (libpng's own thresholds)."""

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_D50 = (0.9642, 1.0, 0.8249)
# Bradford's cone response (ICC.1:2010, annex E.3)
_CONES = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def to_srgb(image: Image.Image, source: Image.Image) -> Image.Image:
    """Show an image in the colours of sRGB."""
    profile = source.info.get("icc_profile") or _stated(source)
    mode, transform = _transform(profile) if isinstance(profile, bytes) else ("", None)
    if transform is None:
        return image.convert("RGB")
    if image.mode == "L" and mode == "RGB":
        image = image.convert("RGB")
    return transform.apply(image) if image.mode == mode else image.convert("RGB")


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform | None]:
    """The mode of images that a profile is for, and what brings them to sRGB; None if nothing does or need be done."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES.get(opened.profile.xcolor_space.strip(), "")
        if not mode:
            return "", None
        transform = ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB")
        if mode == "RGB":
            levels = np.arange(0, 256, 15, dtype=np.uint8)
            probe = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(len(levels), -1, 3)
            shown = np.asarray(transform.apply(Image.fromarray(probe)))
            if np.abs(shown.astype(int) - probe).max() <= 1:  # most profiles are sRGB's own
                return mode, None
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):  # a damaged profile must not cost the picture
        return "", None
    return mode, transform


def _stated(source: Image.Image) -> bytes | None:
    """A profile made of what a file without one says of its colours."""
    info = source.info
    if "srgb" in info or not {"gamma", "chromaticity"} & info.keys():
        return _profile(ADOBE_RGB, ADOBE_GAMMA) if _is_adobe_rgb(source) else None
    gamma = 1 / info["gamma"] if info.get("gamma") else SRGB_GAMMA
    colours = info.get("chromaticity", SRGB)
    same_colours = np.allclose(colours, SRGB, rtol=0, atol=INSIGNIFICANT_COLOUR) if len(colours) == len(SRGB) else True
    if same_colours and abs(gamma / SRGB_GAMMA - 1) <= INSIGNIFICANT_GAMMA:
        return None
    return _profile(SRGB if same_colours else colours, gamma)


def _is_adobe_rgb(source: Image.Image) -> bool:
    try:
        exif = source.getexif()
        if EXIF_FOLDER not in exif or INTEROPERABILITY_FOLDER not in exif.get_ifd(EXIF_FOLDER):
            return False
        index: Any = exif.get_ifd(INTEROPERABILITY_FOLDER).get(INTEROPERABILITY_INDEX)
    except Exception:  # noqa: BLE001 - damaged metadata must not cost the picture
        return False
    return isinstance(index, str) and index.rstrip("\0 ") == OPTIONAL_SPACE


def _profile(colours: Chromaticities, gamma: float) -> bytes | None:
    """An ICC profile of three primaries and a gamma (ICC.1:2001-04); None if they make no sense."""
    points = np.array(colours, dtype=np.float64).reshape(4, 2)
    if not (points[:, 1] > 0).all() or not 0.1 <= gamma <= 10.0:
        return None
    white, *primaries = np.column_stack([points[:, 0], points[:, 1], 1 - points.sum(axis=1)]) / points[:, 1:]
    matrix = np.array(primaries).T
    try:
        matrix = matrix * np.linalg.solve(matrix, white)
        adapted = np.linalg.solve(_CONES, np.diag(_CONES @ _D50 / (_CONES @ white)) @ _CONES @ matrix)
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(adapted).all() or np.abs(adapted).max() >= 2**15:
        return None
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {b"wtpt": _xyz(_D50), **{name: _xyz(adapted[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content
    head = struct.pack(">I4xI", 128 + len(table) + len(body), 0x02100000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    return head.ljust(68, b"\0") + _xyz(_D50)[8:].ljust(60, b"\0") + table + body


def _xyz(values: Any) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))
