"""The models that read pictures: listed, described, chosen, added and removed."""

from img2music.vision.description import ModelDescription
from img2music.vision.description import describe as describe_file
from img2music.vision.model_files import VARIABLE, locate
from img2music.vision.registry import ModelList, add, models, remove, use

__all__ = ["VARIABLE", "ModelList", "add", "describe", "locate", "models", "remove", "use"]


def describe(model: str | None = None) -> ModelDescription:
    """The facts of the card of a model by its name or file, and how long it takes for a picture here."""
    return describe_file(locate(model))
