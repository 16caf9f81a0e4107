"""Images with people's ratings: the sets that can be read, what each is, its terms, and where to get it."""

import hashlib
import os
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from img2music.affect import SCALES, Scale
from img2music.errors import InputError, UsageError, printable, shown
from img2music.research.ratings import Columns, Rating, all_ratings


@dataclass(frozen=True)
class RatedImages:
    """Images with the mean of people's ratings."""

    paths: tuple[Path, ...]  # the image files
    affect: NDArray[np.float64]  # mean valence and arousal on the unit scale, shape (n, 2)
    # What belongs together: "Acorns" for "Acorns 1" to "Acorns 3", the word that photos were searched by. An image
    # without a theme is its own
    themes: tuple[str, ...]
    # What kind of image each is, such as "Animal"; empty where a set has no categories
    categories: tuple[str, ...] = ()
    scales: tuple[Scale, ...] = (SCALES["unit"],)  # how the set writes its ratings; several where rows differ
    dataset: str = "csv"  # name of the set in `DATASETS`
    raters: int | None = None  # people who rated each image; None where it is not known
    source: str = "ratings"  # what a model that learns from them says of them: the set with its authors, or a file

    @property
    def name(self) -> str:
        """What models that learned from it call it: the set, or the file of a table of one's own."""
        return Path(self.source).stem if self.dataset == RatingTable.name else self.dataset

    @property
    def scale(self) -> Scale:
        """How the set itself writes its ratings; the unit scale where its rows differ."""
        return self.scales[0] if len(self.scales) == 1 else SCALES["unit"]

    @property
    def has_themes(self) -> bool:
        """Whether any two images share a theme."""
        return len(set(self.themes)) < len(self.themes)

    def take(self, chosen: NDArray[np.intp]) -> "RatedImages":
        """Give those with some indices, in that order."""
        indices = chosen.tolist()
        return replace(
            self,
            paths=tuple(self.paths[index] for index in indices),
            affect=self.affect[chosen],
            themes=tuple(self.themes[index] for index in indices),
            categories=tuple(self.categories[index] for index in indices) if self.categories else (),
        )


class DataSet:
    """A set of rated images, or a format that such sets come in. It is never passed on with this project."""

    name: str  # what the command line calls it
    title: str
    images: int | None = None  # how many it has; None for a format
    scale: Scale | None = None  # how its ratings are written; None where the user says
    raters: int | None = None  # about how many people rated each image and dimension
    licence: str  # what its authors allow
    credit: str = ""  # the set with its authors, in a few words
    citation: str
    source: str  # where to get it
    table: str | None = None  # the file in its folder that it is known by; None for a format that is itself a file
    files: str = ""  # its images, in its folder
    checksum: str | None = None  # `checksum_of` the published ratings, where these were at hand
    columns = Columns()

    @property
    def layout(self) -> str:
        """What is expected at the path that is given."""
        return f"a folder with {self.table}, and {self.files}"

    def _file_of(self, item: str) -> str | None:
        """Give the file of an image, relative to the table; None for what can't be one."""
        return item

    def _theme_of(self, rating: Rating) -> str:
        return rating.item

    def _category_of(self, rating: Rating) -> str:
        return ""

    def load(self, data: Path, scale: Scale | None = None) -> RatedImages:
        """Read it from its folder or file."""
        table = data / (self.table or "")
        if self.table and not table.exists():
            raise InputError(f"No such file; give {self.layout}.", str(table))
        rows: dict[Path, Rating] = {}
        for rating in all_ratings(table, self.columns, self.scale or scale):
            file = self._file_of(rating.item)
            if file is None:
                raise InputError(f"{rating.where} names no image such as {self.files}.", str(table))
            path = table.parent / file
            if path in rows:
                raise InputError(
                    f"line {rating.line} has {shown(rating.item)} a second time; the first is line {rows[path].line}.",
                    str(table),
                )
            rows[path] = rating
        missing = [path for path in rows if not os.path.isfile(path)]  # noqa: PTH113 - also of a name that none can have
        if missing:
            raise InputError(f"missing, and {len(missing) - 1} more of {len(rows)} images.", str(missing[0])[:1000])
        categories = tuple(self._category_of(rating) for rating in rows.values())
        return RatedImages(
            paths=tuple(rows),
            affect=np.array([(rating.affect.valence, rating.affect.arousal) for rating in rows.values()]),
            themes=tuple(self._theme_of(rating) for rating in rows.values()),
            categories=categories if any(categories) else (),
            scales=tuple(dict.fromkeys(rating.scale for rating in rows.values())),
            dataset=self.name,
            raters=self.raters,
            source=self.credit or table.name,
        )


class Oasis(DataSet):
    """Photos found by name of what they show."""

    name = "oasis"
    title = "OASIS, photos of animals, objects, people and scenery"
    images = 900
    scale = SCALES["oasis"]
    raters = 100
    licence = "free for research; its photos were collected under licences that allow editing and redistribution"
    credit = "OASIS (Kurdi, Lozano & Banaji 2017)"
    citation = (
        "Kurdi, B., Lozano, S., & Banaji, M. R. (2017). Introducing the Open Affective Standardized Image "
        "Set (OASIS). Behavior Research Methods, 49, 457-470. doi:10.3758/s13428-016-0715-3"
    )
    source = "https://www.benedekkurdi.com/#oasis"
    table = "OASIS.csv"
    files = "images/<Theme>.jpg"
    checksum = "846bc456bcb2e2e9e18fb8026682a2637f760f07780e3550273917508707f497"
    columns = Columns("Theme", "Valence_mean", "Arousal_mean")

    def _file_of(self, item: str) -> str | None:
        return f"images/{item}.jpg" if Path(item).name == item else None

    def _theme_of(self, rating: Rating) -> str:
        return re.sub(r"\s*\d+$", "", rating.item)

    def _category_of(self, rating: Rating) -> str:
        return rating.cells.get("Category", "").strip()


class Emotion6(DataSet):
    """330 photos for each of six emotion words that they were searched by."""

    name = "emotion6"
    title = "Emotion6, photos searched by six emotion words"
    images = 1980
    scale = SCALES["emotion6"]
    raters = 15
    licence = "academic research only; the photos remain their owners'"
    credit = "Emotion6 (Peng, Chen, Sadovnik & Gallagher 2015)"
    citation = (
        "Peng, K.-C., Chen, T., Sadovnik, A., & Gallagher, A. C. (2015). A Mixed Bag of Emotions: Model, "
        "Predict, and Transfer Emotion Distributions. CVPR, 860-868."
    )
    source = "http://chenlab.ece.cornell.edu/people/kuanchuan/publications/Emotion6.zip"
    table = "ground_truth.txt"
    files = "images/<emotion>/<number>.jpg"
    columns = Columns("image", named=False)  # shares of seven emotions follow

    def _file_of(self, item: str) -> str | None:
        parts = PurePosixPath(item).parts
        return f"images/{item}" if len(parts) == 2 and ".." not in parts and parts[0] != "/" else None

    def _theme_of(self, rating: Rating) -> str:
        return PurePosixPath(rating.item).parts[0]

    _category_of = _theme_of


class RatingTable(DataSet):
    """A table of anybody's; names of files are relative to it."""

    name = "csv"
    title = "your own ratings"
    licence = citation = "yours"
    source = "a table of your own"
    layout = "a CSV file with columns file,valence,arousal and perhaps scale, group, category"

    def _theme_of(self, rating: Rating) -> str:
        return rating.cells.get("group", "").strip() or rating.item

    def _category_of(self, rating: Rating) -> str:
        return rating.cells.get("category", "").strip()


DATASETS: dict[str, DataSet] = {dataset.name: dataset for dataset in (Oasis(), Emotion6(), RatingTable())}


def load(data: Path, name: str | None = None, scale: Scale | None = None) -> RatedImages:
    """Read rated images, of a set by its name or told by what is there."""
    if name is not None and name not in DATASETS:
        raise UsageError(f"There is no data set {printable(repr(name))}; there are {', '.join(DATASETS)}.")
    dataset = DATASETS[name or _recognise(data)]
    if scale is not None and dataset.scale is not None:
        raise UsageError(f"The scale of {dataset.name} is known; a scale can only be given for a CSV table.")
    return dataset.load(data, scale)


def _recognise(data: Path) -> str:
    if not data.is_dir():
        return RatingTable.name
    known = {dataset.table: dataset.name for dataset in DATASETS.values() if dataset.table}
    for table, name in known.items():
        if (data / table).exists():
            return name
    tables = " or ".join(known)
    raise InputError(f"the folder holds no {tables}; give the folder of a data set, or a CSV file.", str(data))


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


@dataclass(frozen=True, slots=True)
class ListedDataSet:
    """A set in ``img2music/datasets/1``."""

    name: str
    title: str
    images: int | None
    licence: str  # what its authors allow
    citation: str
    source: str  # where to get it
    layout: str  # what is expected at the path that is given
    checksum: str | None  # of the published ratings
    scale: Scale | None  # how its ratings are written; None where the user says


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetList:
    """``img2music/datasets/1``."""

    schema: Literal["img2music/datasets/1"] = "img2music/datasets/1"
    datasets: list[ListedDataSet]


def listing() -> DataSetList:
    """Describe all data sets."""
    names = [field.name for field in fields(ListedDataSet)]
    return DataSetList(datasets=[ListedDataSet(*(getattr(each, name) for name in names)) for each in DATASETS.values()])
