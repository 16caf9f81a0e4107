"""What a picture may be given as."""

import os
from typing import IO, TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

PictureSource = Union[str, os.PathLike[str], bytes, IO[bytes], "Image", "NDArray[np.uint8 | np.floating[Any]]"]
"""A file by its path, its bytes, a file that is open for reading bytes, an image of Pillow, or an array in sRGB: uint8,
or floats in [0, 1], of shape (height, width), (height, width, 3) or (height, width, 4)."""
