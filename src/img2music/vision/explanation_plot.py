"""An explanation as a picture: drawn, for which it needs the extra ``plot`` (matplotlib), or to be laid over."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from img2music.errors import printable
from img2music.files import require_outputs
from img2music.plots import PLOT, drawing, require_plotting, save_figure, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from img2music.vision.explain import Explanation

COLOURS = "RdBu_r"
"""Blue to red over white: told apart with any kind of colour blindness (ColorBrewer 2.0, "colorblind safe")."""

LEAST_LIMIT = 0.02
"""End of the colour scale where less happens, in affect: a picture that no region moves shall look like one."""

OPACITY = 0.85

RAISES, LOWERS = (178, 24, 43), (33, 102, 172)
"""The same colours, near their ends."""


def draw(found: "Explanation", file: Path) -> tuple[str, ...]:
    """Draw a picture, and over it what raises and lowers its valence and its arousal.

    Both maps have the same scale, so that they can be compared. They lie over the picture in grey, so that no colour
    is the picture's own.
    """
    require_plotting(file)
    require_outputs([(file, PLOT)], [("the picture itself", found.path)])
    import matplotlib as mpl
    from matplotlib.figure import Figure

    height, width = found.photo.shape[:2]
    limit = _limit(found)
    name = printable(os.path.basename(found.path))  # noqa: PTH119 - names may be any bytes
    with drawing(name, file) as notes:
        # Panels of a quarter to four times as high as wide, whatever the picture: a strip would show nothing.
        shape = float(np.clip(height / width, 0.25, 4.0))
        figure = Figure(figsize=(14.5, max(3.2, 4.4 * shape + 0.4)), dpi=100, layout="constrained")
        axes = figure.subplots(1, 3)
        for panel in axes:
            panel.set_aspect(shape / (height / width))
        _show(axes[0], found.photo, shortened(name, 40))
        for panel, values, title in (
            (axes[1], found.valence, f"valence {found.affect.valence:.2f} (0 unpleasant, 1 pleasant)"),
            (axes[2], found.arousal, f"arousal {found.affect.arousal:.2f} (0 calm, 1 excited)"),
        ):
            _show(panel, _grey(found.photo), title)
            overlay = panel.imshow(
                values,
                cmap=COLOURS,
                vmin=-limit,
                vmax=limit,
                alpha=_opacity(values, limit),
                extent=(-0.5, width - 0.5, height - 0.5, -0.5),
                aspect=panel.get_aspect(),
                interpolation="bilinear",
            )
        # A bar of its own: that of the overlay would show through.
        colours = mpl.cm.ScalarMappable(overlay.norm, overlay.cmap)
        bar = figure.colorbar(colours, ax=list(axes), shrink=0.9, pad=0.015)
        bar.set_label("this region lowers it   ←   0   →   raises it\n(change of affect when it is blurred)")
        save_figure(figure, file)
    return notes


def overlay(found: "Explanation", values: NDArray[np.float32]) -> bytes:
    """One of the maps as a transparent PNG, square as the picture is to the model."""
    pixels = np.empty((*values.shape, 4), dtype=np.uint8)
    pixels[:, :, :3] = np.where(values[:, :, None] > 0, RAISES, LOWERS)
    pixels[:, :, 3] = np.rint(255 * _opacity(values, _limit(found)))
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def _limit(found: "Explanation") -> float:
    """End of the colour scale of both maps."""
    return max(LEAST_LIMIT, *(float(np.abs(values).max()) for values in (found.valence, found.arousal)))


def _opacity(values: NDArray[np.float32], limit: float) -> NDArray[np.float32]:
    return np.asarray(OPACITY * (np.abs(values) / limit) ** 0.75)


def _show(axes: "Axes", pixels: NDArray[np.uint8], title: str) -> None:
    axes.imshow(pixels, aspect=axes.get_aspect())
    axes.set_title(title, loc="left", fontsize=12)
    axes.set_axis_off()


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture in pale grey, on which weak colours show: luma of ITU-R BT.601, in the lighter half."""
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    return np.repeat((128 + luma / 2).astype(np.uint8)[:, :, None], 3, axis=2)
