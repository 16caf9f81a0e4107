"""img2music: the music of your own library that feels like a picture."""

__version__ = "0.1.0"
