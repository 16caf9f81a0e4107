"""The data sets of rated images that can be read: what each is, its terms, and where to get it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from img2music.affect import SCALES, Scale
from img2music.errors import InputError, UsageError, printable
from img2music.research.images import emotion6, oasis
from img2music.research.images.emotion6 import load_emotion6
from img2music.research.images.oasis import load_oasis
from img2music.research.images.rated_images import RatedImages
from img2music.research.images.rating_table import load_rating_table

SCHEMA = "img2music/datasets/1"


@dataclass(frozen=True, slots=True)
class DataSet:
    """A set of rated images, or a form that such sets come in."""

    name: str  # what the command line calls it
    title: str  # what it is
    images: int | None  # how many it has; None for a form
    scale: Scale | None  # how its ratings are written; None where the user says
    licence: str  # what its authors allow
    citation: str  # what to cite
    source: str  # where to get it. It is never passed on with this project
    layout: str  # what is expected at the path that is given
    table: str | None  # the file in its folder that it is known by; None for a form that is itself a file
    checksum: str | None  # `checksum_of` the published ratings, where these were at hand
    load: Callable[[Path], RatedImages]  # reads it from its folder or file


DATASETS = {
    dataset.name: dataset
    for dataset in (
        DataSet(
            name="oasis",
            title="OASIS, photos of animals, objects, people and scenery",
            images=900,
            scale=SCALES["oasis"],
            licence="free for research; its photos were collected under licences that allow editing and redistribution",
            citation="Kurdi, B., Lozano, S., & Banaji, M. R. (2017). Introducing the Open Affective Standardized Image "
            "Set (OASIS). Behavior Research Methods, 49, 457-470. doi:10.3758/s13428-016-0715-3",
            source="https://www.benedekkurdi.com/#oasis",
            layout="a folder with OASIS.csv, and images/<Theme>.jpg",
            table=oasis.TABLE,
            checksum="846bc456bcb2e2e9e18fb8026682a2637f760f07780e3550273917508707f497",
            load=load_oasis,
        ),
        DataSet(
            name="emotion6",
            title="Emotion6, photos searched by six emotion words",
            images=1980,
            scale=SCALES["emotion6"],
            licence="academic research only; the photos remain their owners'",
            citation="Peng, K.-C., Chen, T., Sadovnik, A., & Gallagher, A. C. (2015). A Mixed Bag of Emotions: Model, "
            "Predict, and Transfer Emotion Distributions. CVPR, 860-868.",
            source="http://chenlab.ece.cornell.edu/people/kuanchuan/publications/Emotion6.zip",
            layout="a folder with ground_truth.txt, and images/<emotion>/<number>.jpg",
            table=emotion6.TABLE,
            checksum=None,
            load=load_emotion6,
        ),
        DataSet(
            name="csv",
            title="your own ratings",
            images=None,
            scale=None,
            licence="yours",
            citation="yours",
            source="a table of your own",
            layout="a CSV file with columns file,valence,arousal and perhaps scale, group, category",
            table=None,
            checksum=None,
            load=load_rating_table,
        ),
    )
}


def load(data: Path, name: str | None = None, scale: Scale | None = None) -> RatedImages:
    """Read rated images."""
    if name is not None and name not in DATASETS:
        raise UsageError(f"There is no data set {printable(repr(name))}; there are {', '.join(DATASETS)}.")
    dataset = DATASETS[name or _recognise(data)]
    if dataset.name == "csv":
        return load_rating_table(data, scale)
    if scale is not None:
        raise UsageError(f"The scale of {dataset.name} is known; a scale can only be given for a CSV table.")
    return dataset.load(data)


def _recognise(data: Path) -> str:
    if not data.is_dir():
        return "csv"
    for dataset in DATASETS.values():
        if dataset.table is not None and (data / dataset.table).exists():
            return dataset.name
    tables = " or ".join(dataset.table for dataset in DATASETS.values() if dataset.table is not None)
    raise InputError(
        f"the folder holds no {tables}; give a data set's folder (img2music datasets lists them) or a CSV file.",
        str(data),
    )


def checksum_of(images: RatedImages) -> str:
    """Hash ratings, so that published ones are recognised whatever else their table holds."""
    lines = sorted(
        f"{path.name}\t{valence:.6f}\t{arousal:.6f}\n"
        for path, (valence, arousal) in zip(images.paths, images.affect.tolist(), strict=True)
    )
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def is_as_published(images: RatedImages) -> bool | None:
    """Tell whether a set is whole and its ratings are the published ones."""
    checksum = DATASETS[images.dataset].checksum
    return None if checksum is None else checksum_of(images) == checksum


def listing() -> dict[str, Any]:
    """Describe all data sets in the documented shape ``img2music/datasets/1`` (docs/evaluation.md)."""
    fields = ("name", "title", "images", "licence", "citation", "source", "layout", "checksum")
    return {
        "schema": SCHEMA,
        "datasets": [
            {
                **{field: getattr(dataset, field) for field in fields},
                "scale": None if dataset.scale is None else {"low": dataset.scale.low, "high": dataset.scale.high},
            }
            for dataset in DATASETS.values()
        ],
    }


def table() -> tuple[list[str], list[list[str]]]:
    """Describe all data sets as a table."""
    rows = []
    for dataset in DATASETS.values():
        facts = {
            "what": dataset.title if dataset.images is None else f"{dataset.title}; {dataset.images} images",
            "get it": dataset.source,
            "give": dataset.layout,
            "scale": "say it with --scale"
            if dataset.scale is None
            else f"{dataset.scale.low:g}-{dataset.scale.high:g}",
            "terms": dataset.licence,
            "cite": dataset.citation,
        }
        rows += [[dataset.name if fact == "what" else "", fact, text] for fact, text in facts.items()]
    return ["name", "", ""], rows
