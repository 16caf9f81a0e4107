"""Reports of what song stacks are worth: their JSON, their tables and their plots."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from img2music.research.accuracy import Accuracy
from img2music.research.report import (
    COLOURS,
    Plot,
    Report,
    ReportKind,
    Table,
    accuracy_cells,
    accuracy_columns,
    figure,
    scatter,
)
from img2music.research.songs.groups import Floats
from img2music.research.songs.options import SplitBy, StackRecipe
from img2music.research.songs.search import Compared, StackChoice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

JUDGED = ReportKind("img2music/evaluate-music/1", "Song stacks on songs that they have not seen")
SPLITS = {"random": "at random", "artist": "by artist"}
MEASURES = ("r2", "r2 95 %", "r", "ccc", "rmse", "mse", "mae", "accuracy")
MOST_IMPORTANT = 20


@dataclass(frozen=True)
class SplitFacts:
    """How songs were parted."""

    by: SplitBy
    folds: int | None  # None where a part was held out
    train: int
    test: int


@dataclass(frozen=True)
class Difference:
    """How far what was saved is from what was trained, unit scale."""

    mean: float
    greatest: float


@dataclass(frozen=True)
class TrainedTarget:
    """What was trained for one target, and how it does on songs that nothing was chosen by."""

    source: str  # of the target, in words
    people: bool  # whether people rated it
    test: Accuracy
    mean: Accuracy  # of the training part's mean
    raw: dict[str, Accuracy]  # of Spotify's own column, where people are the judges
    leaderboard: list[Compared]
    stack: StackChoice
    seconds: float
    cut_short: bool
    onnx_difference: Difference


@dataclass(frozen=True, kw_only=True)
class TrainMusicReport:
    """The report of a training."""

    schema: Literal["img2music/train-music/1"] = "img2music/train-music/1"
    scale: Literal["unit"] = "unit"
    recipe: StackRecipe
    seed: int
    split: SplitFacts
    songs: int
    left_out: dict[str, int]  # by what they lack
    inputs: list[str]  # groups
    columns: list[str]  # their columns
    versions: dict[str, str]  # of what the figures depend on
    targets: dict[Literal["valence", "arousal"], TrainedTarget]
    notes: list[str]

    @property
    def title(self) -> str:
        """What was trained and judged, in one line."""
        split = self.split
        by = SPLITS[split.by]
        how = f"{split.folds} folds {by}" if split.folds else f"{split.train} to train, {split.test} to test, {by}"
        return f"{self.songs} songs, {how}, recipe {self.recipe}, seed {self.seed}, unit scale"

    def tables(self) -> list[Table]:
        """Tabulate accuracy, stacks and the field."""
        judged, stacks, board = list[list[str]](), list[list[str]](), list[list[str]]()
        for axis, one in self.targets.items():
            raw = [(f"raw {column}", found) for column, found in one.raw.items()]
            for name, found in (("stack", one.test), *raw, ("mean", one.mean)):
                judged.append([axis, name, *accuracy_cells(found, MEASURES)])
            meta = one.stack.meta
            parts = [("base", base, base.share) for base in one.stack.bases]
            for role, part, share in (*parts, ("stack", meta, meta.weight)):
                settings = ", ".join(f"{name} {value:.4g}" for name, value in part.settings.items())
                stacks.append([axis, role, part.name, f"{share:.2f}", f"{part.mse:.5f}", settings or "as fixed"])
            for rank, entry in enumerate(one.leaderboard, start=1):
                board.append([axis, str(rank), entry.name, f"{entry.mse:.5f}", f"{entry.seconds:.1f}"])
        shares = ["target", "part", "regressor", ">share", ">MSE, cross-validated", "settings"]
        ranks = ["target", ">place", "regressor", ">MSE", ">seconds"]
        before = "Leaderboard: cross-validated on the training part, before tuning"
        return [
            Table(self.title, "", ["target", "predictor", *accuracy_columns(MEASURES)], judged),
            Table("Stacks", "", shares, stacks),
            Table(before, "", ranks, board),
        ]


@dataclass(frozen=True)
class JudgedSplit:
    """How a stack does on songs that are held out."""

    train: int
    test: Accuracy
    songs: int
    mean: Accuracy  # of the training part's mean


@dataclass(frozen=True)
class Importance:
    """R2 that is lost when one input is dealt out anew among songs."""

    input: str
    r2_lost: float
    deviation: float  # standard, over the shuffles


@dataclass
class JudgedTarget:
    """How a stack does for one target."""

    source: str  # of the target, in words
    people: bool  # whether people rated it
    splits: dict[SplitBy, JudgedSplit] = field(default_factory=dict)
    importance: list[Importance] = field(default_factory=list)  # greatest first
    columns: dict[str, float | None] = field(default_factory=dict)  # correlation of each column as it is
    ablation: dict[str, Accuracy] = field(default_factory=dict)  # by the inputs that were taken


@dataclass(frozen=True, kw_only=True)
class EvaluateMusicReport:
    """An evaluation."""

    schema: Literal["img2music/evaluate-music/1"] = "img2music/evaluate-music/1"
    scale: Literal["unit"] = "unit"
    seed: int
    songs: int
    artists: int
    left_out: dict[str, int]  # by what they lack
    inputs: list[str]  # groups
    targets: dict[Literal["valence", "arousal"], JudgedTarget]
    notes: list[str]

    def report(self, predictions: Mapping[str, tuple[Floats, Floats]]) -> Report:
        """Make a report of it; ``predictions``: by axis, target and prediction of songs of the strictest split."""
        inputs = ", ".join(self.inputs)
        subtitle = f"{self.songs} songs of {self.artists} artists, inputs {inputs}, seed {self.seed}, unit scale"
        sources = [f"{axis}: {target.source}" for axis, target in self.targets.items()]
        by_artist = all(SplitBy.ARTIST in target.splits for target in self.targets.values())
        held = "Songs of artists that are held out" if by_artist else "Songs held out at random"
        plots = [
            Plot(
                "Prediction against target",
                f"{held}. On the line, the stack says what the target says.",
                lambda: scatter(predictions, "target", "predicted"),
            ),
            Plot("What each input is worth", "R2 lost when its values are dealt out anew.", self._bars),
        ]
        return Report(JUDGED, subtitle, [*sources, *self.notes], [*self._tables(), *plots], self)

    def _tables(self) -> Iterable[Table]:
        targets = self.targets.items()
        yield Table(
            "Accuracy",
            "A fifth held out, of songs or of artists; the mean is the training part's. Intervals: bootstrap, 95 %.",
            ["target", "split", "predictor", *accuracy_columns(MEASURES)],
            [
                [axis, SPLITS[split], predictor, *accuracy_cells(accuracy, MEASURES)]
                for axis, target in targets
                for split, found in target.splits.items()
                for predictor, accuracy in (("stack", found.test), ("mean", found.mean))
            ],
        )
        yield Table(
            "Inputs left out, and inputs alone",
            "Split at random; the same regressors with the same shares, fitted anew, without the meta-learner.",
            ["target", "inputs", *accuracy_columns(MEASURES)],
            [
                [axis, inputs, *accuracy_cells(found, MEASURES)]
                for axis, target in targets
                for inputs, found in target.ablation.items()
            ],
        )
        yield Table(
            "What each input is worth",
            "R2 that is lost when the input's values are dealt out anew among the songs held out at random; the "
            "greatest.",
            ["target", "input", ">R2 lost", ">standard deviation"],
            [
                [axis, one.input, figure(one.r2_lost, 4), figure(one.deviation, 4)]
                for axis, target in targets
                for one in target.importance[:MOST_IMPORTANT]
            ],
        )
        yield Table(
            "Columns as they are",
            "Correlation of the table's columns with the target, songs held out at random.",
            ["target", "column", ">r"],
            [[axis, column, figure(r)] for axis, target in targets for column, r in target.columns.items()],
        )

    def _bars(self) -> "Figure":
        from matplotlib.figure import Figure

        drawn = Figure(figsize=(11, 6), dpi=110, layout="constrained")
        for index, (axis, target) in enumerate(self.targets.items(), start=1):
            shown = target.importance[:MOST_IMPORTANT][::-1]
            axes = drawn.add_subplot(1, len(self.targets), index)
            lost, deviations = [one.r2_lost for one in shown], [one.deviation for one in shown]
            axes.barh([one.input for one in shown], lost, xerr=deviations, color=COLOURS[axis])
            axes.set(title=axis, xlabel="R2 lost")
        return drawn
