"""Trains a network epoch by epoch, and keeps the best."""

import csv
import io
import math
from dataclasses import asdict, astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from img2music.errors import ModelError, UsageError, printable
from img2music.files import FileKind, make_folder, write_atomically
from img2music.progress import Progress, Step, unwatched
from img2music.research.accuracy import correlation
from img2music.research.evaluation import Floats, Indices
from img2music.research.images.datasets import RatedImages
from img2music.research.images.networks import saving
from img2music.research.images.networks.architecture import Network, build
from img2music.research.images.networks.preparation import Target, fingerprint, prepare, split
from img2music.research.images.networks.settings import RANDOM, Device, Learning, Recipe, Settings
from img2music.research.images.networks.torch_import import import_torch

STEP_EPOCHS = 7
STEP_FACTOR = 0.1
WEIGHT_DECAY = 0.05
"""Of AdamW, as in Liu et al. 2022, "A ConvNet for the 2020s" (CVPR)."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What an epoch came to. Losses are mean squared errors of valence and arousal, added, as the network says them."""

    epoch: int  # from 1
    lr: float  # learning rate
    training_loss: float  # over the epoch's crops of the training images, while the weights changed
    validation_loss: float  # over the middles of the validation images, after it
    valence_r: float | None  # pearson's correlation over the validation images; None where one side is constant
    arousal_r: float | None  # pearson's correlation over the validation images; None where one side is constant


LOG = FileKind.csv("a log of epochs", [field.name for field in fields(Epoch)])


@dataclass(frozen=True)
class Trained:
    """A trained network."""

    settings: Settings
    network: Network  # on the CPU, in evaluation mode
    target: Target  # what it says, in terms of the unit scale
    validation: Indices  # indices of the images that it has not learned from


@dataclass(frozen=True)
class StepByStep(Trained):
    """A network that was trained step by step, with the weights of its best epoch."""

    epochs: tuple[Epoch, ...]  # all of them
    best: Epoch  # that with the least validation loss


def factor(recipe: Recipe, epoch: int, epochs: int) -> float:
    """Give what the learning rate is multiplied by in an epoch, counted from 0, of so many."""
    if recipe is Recipe.ORIGINAL:
        return float(STEP_FACTOR ** (epoch // STEP_EPOCHS))
    return (1 + math.cos(math.pi * epoch / epochs)) / 2


def choose_device(wanted: Device) -> Any:
    """Give the torch device to train on."""
    torch = import_torch()
    if wanted is Device.CUDA and not torch.cuda.is_available():
        raise UsageError("torch sees no GPU here; leave out `device=cuda`, or install a torch built for yours.")
    return torch.device("cuda" if wanted is not Device.CPU and torch.cuda.is_available() else "cpu")


def train(
    images: RatedImages,
    settings: Settings,
    checkpoints: Path,
    log: Path,
    *,
    resume: bool = False,
    device: Device = Device.AUTO,
    jobs: int = 0,
    progress: Progress = unwatched,
) -> StepByStep:
    """Train a network.

    After each epoch ``last.pt`` is written, and ``best.pt`` where its validation loss is the least so far. Interrupted
    at any moment, a run goes on from its last whole epoch, with the same numbers as if it had not been.
    """
    training, validation = split(images, settings)
    target = Target.of(settings.normalization, images.affect[training])
    last, best = checkpoints / saving.LAST, checkpoints / saving.BEST
    state = _found(last, settings, images, resume=resume)
    place = choose_device(device)
    # Frozen weights are not written again and again; those that learn need not be had from elsewhere to go on.
    finetune = settings.learning is Learning.FINETUNE
    network = build(replace(settings, weights=RANDOM) if finetune and state is not None else settings)
    network.module.to(place)
    learns = network.module if finetune else network.module.head
    optimizer = _optimizer(network, settings)
    history: list[Epoch] = []
    if state is not None:
        learns.load_state_dict(state["weights"])
        optimizer.load_state_dict(state["optimizer"])
        history = [Epoch(**row) for row in state["history"]]
    for folder in (checkpoints, log):
        make_folder(folder)
    batches = _Batches(network, settings, place, jobs)
    learning = prepare(images, training, target, network, learn=True)
    validating = prepare(images, validation, target, network, learn=False)
    with _tensorboard(log) as board:
        for number in range(len(history), settings.epochs):
            # One seed an epoch: a run that goes on sees the same crops as one that was never interrupted.
            import_torch().manual_seed(settings.seed * 1_000_003 + number)
            title = f"Epoch {number + 1} of {settings.epochs}"
            rate = settings.lr * factor(settings.recipe, number, settings.epochs)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = batches.learn(learning, optimizer, title, progress)
            epoch = _judge(number + 1, rate, loss, batches.predict(validating), validating.targets)
            if not math.isfinite(epoch.training_loss + epoch.validation_loss):
                raise ModelError(
                    f"The loss is no longer a number in epoch {epoch.epoch}: give a lower `lr`. "
                    "Earlier epochs are in the checkpoints."
                )
            history.append(epoch)
            state = {
                "images": fingerprint(images),
                "weights": learns.state_dict(),
                "optimizer": optimizer.state_dict(),
                "history": [asdict(row) for row in history],
            }
            if epoch == _best(history):
                # Before the other: what is interrupted in between makes the same best.pt again.
                saving.save(state, settings, best)
            saving.save(state, settings, last)
            _write_log(history, log / "log.csv")
            for name, value in asdict(epoch).items():
                if name != "epoch" and value is not None:
                    board.add_scalar(name, value, epoch.epoch)
    learns.load_state_dict(saving.load(best, settings)["weights"])
    network.module.to("cpu").eval()
    return StepByStep(settings, network, target, validation, tuple(history), _best(history))


def require_fresh(last: Path) -> None:
    """Refuse to begin a run whose checkpoints are there."""
    if last.exists():
        raise UsageError(
            f"{printable(str(last))} is there already: give `resume` to go on with that run, or another "
            "`checkpoint_dir`."
        )


def _found(last: Path, settings: Settings, images: RatedImages, *, resume: bool) -> dict[str, Any] | None:
    """Give the checkpoint to go on with, if that is wanted."""
    place = printable(str(last))
    if not resume:
        require_fresh(last)
        return None
    state = saving.load(last, settings)
    if state["images"] != fingerprint(images):
        raise UsageError(f"{place} is of a run on other images or ratings; give `data` as it was then.")
    return state


def _optimizer(network: Network, settings: Settings) -> Any:
    optim = import_torch().optim
    weights = [weight for weight in network.module.parameters() if weight.requires_grad]
    if settings.recipe is Recipe.ORIGINAL:
        return optim.SGD(weights, lr=settings.lr, momentum=settings.momentum)
    return optim.AdamW(weights, lr=settings.lr, weight_decay=WEIGHT_DECAY)


def _best(history: list[Epoch]) -> Epoch:
    return min(history, key=lambda row: row.validation_loss)


def _judge(number: int, rate: float, training_loss: float, said: Floats, wanted: Floats) -> Epoch:
    return Epoch(
        epoch=number,
        lr=rate,
        training_loss=training_loss,
        validation_loss=float(((said - wanted) ** 2).mean(axis=0).sum()),
        valence_r=correlation(said[:, 0], wanted[:, 0]),
        arousal_r=correlation(said[:, 1], wanted[:, 1]),
    )


class _Batches:
    """Runs a network over prepared images, batch by batch."""

    def __init__(self, network: Network, settings: Settings, place: Any, jobs: int) -> None:
        torch = import_torch()
        self.network = network.module
        self.settings = settings
        self.place = place
        self.jobs = jobs
        bfloat16 = place.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        self.mixed = settings.recipe is Recipe.MODERN and bfloat16

    def learn(self, images: Any, optimizer: Any, title: str, progress: Progress) -> float:
        """Take one step a batch, in random order, and give the mean loss."""
        torch = import_torch()
        backbone, head = self.network.backbone, self.network.head
        head.train()
        # Frozen means all of it: neither running means nor drop-out move.
        finetune = self.settings.learning is Learning.FINETUNE
        backbone.train(finetune)
        # Batch norm can't learn from one image alone.
        odd_one = len(images) % self.settings.batch_size == 1 and len(images) > 1
        total, done = 0.0, 0
        for pixels, targets in self._loader(images, shuffle=True, drop_last=odd_one):
            optimizer.zero_grad()
            with self._precision():
                with torch.set_grad_enabled(finetune):
                    features = backbone(pixels.to(self.place))
                said = head(features).float()
            loss = ((said - targets.to(self.place)) ** 2).mean(dim=0).sum()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(targets)
            done += len(targets)
            progress(Step(title, done, len(images), unit="images"))
        return total / done

    def predict(self, images: Any) -> Floats:
        """Give what the network says, shape (n, 2)."""
        torch = import_torch()
        self.network.eval()
        with torch.inference_mode(), self._precision():
            said = [self.network(pixels.to(self.place)).float().cpu() for pixels, _ in self._loader(images)]
        return np.asarray(torch.cat(said).numpy(), dtype=np.float64)

    def _loader(self, images: Any, *, shuffle: bool = False, drop_last: bool = False) -> Any:
        return import_torch().utils.data.DataLoader(
            images,
            batch_size=self.settings.batch_size,
            shuffle=shuffle,
            drop_last=drop_last and self.settings.batch_size > 1,
            num_workers=self.jobs,
            pin_memory=self.place.type == "cuda",
        )

    def _precision(self) -> Any:
        torch = import_torch()
        return torch.autocast(self.place.type, dtype=torch.bfloat16, enabled=self.mixed)


def _write_log(history: list[Epoch], file: Path) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([[field.name for field in fields(Epoch)], *(astuple(row) for row in history)])
    write_atomically(text.getvalue().encode(), file, LOG)


def _tensorboard(log: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(log_dir=str(log))  # closes itself as a context manager
