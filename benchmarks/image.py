"""Image analysis of 12-megapixel photos, beside the original's VGG-19 behind Pillow and torchvision."""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.report import Report
from img2music.errors import InputError
from img2music.media.images import read_image
from img2music.research.images.efficientnet import SIDE
from img2music.research.images.networks.torch_import import import_torchvision
from img2music.vision.model import ImageModel, read_pixels

PHOTOS = ("astronaut", "cat", "coffee", "rocket")
MEGAPIXELS = (4000, 3000)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=int, default=24, help="how many photos (default 24)")
    parser.add_argument("--threads", type=int, default=2, help="for both (default 2)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the best counts (default 3)")


def run(options: argparse.Namespace) -> Report:
    report = Report("image", ["what", "images/s", "ms/image", "times VGG-19"])
    with tempfile.TemporaryDirectory() as folder:
        paths = make_photos(Path(folder), options.images)
        measure = partial(rate, paths=paths, repeat=options.repeat)
        vgg = measure(vgg19_bn(options.threads))
        model = ImageModel.load(threads=options.threads)
        ours = measure(partial(analyze, model))
        report.add("torchvision vgg19_bn, PIL, 224 px crop", vgg, 1000 / vgg, 1.0)
        report.add(f"img2music {model.name}", ours, 1000 / ours, ours / vgg)

        # The parts, on one thread, one after the other.
        decoding = 1 / measure(lambda some: [read_image(path, SIDE) for path in some])
        pixels = 1 / measure(lambda some: [read_pixels(path, SIDE) for path in some])
        whole = 1 / measure(partial(analyze, ImageModel.load(threads=1)))
        full = 1 / measure(lambda some: [read_image(path) for path in some])
    for what, seconds in (
        ("one thread: JPEG at full scale", full),
        ("one thread: JPEG at 1/8 (the floor of decoding)", decoding),
        ("one thread: and resize", pixels),
        ("one thread: and network (1.1 billion multiply-adds, in integers)", whole),
    ):
        report.add(what, 1 / seconds, 1000 * seconds, 1 / seconds / vgg)
    floor = options.threads / (decoding + whole - pixels)
    report.note = (
        f"{options.images} JPEGs of 4000 x 3000 (quality 90), {options.threads} threads. Every byte of a JPEG must be "
        f"entropy-decoded at any scale; that and the network allow {floor:.1f} images/s at most, of which we reach "
        f"{ours / floor:.0%}."
    )
    return report


def make_photos(folder: Path, count: int) -> list[Path]:
    """Upscale real photos to 12 megapixels and add a sensor's noise, so that they are as large on disk as real ones."""
    from skimage import data

    random = np.random.default_rng(0)
    noise = random.normal(0, 4, (MEGAPIXELS[1], MEGAPIXELS[0], 1)).astype(np.float32)
    paths: list[Path] = []
    for number in range(count):
        name = PHOTOS[number % len(PHOTOS)]
        path = folder / f"{name}-{number}.jpg"
        if number < len(PHOTOS):
            large = Image.fromarray(getattr(data, name)()).resize(MEGAPIXELS, Image.Resampling.BICUBIC)
            noisy = (np.asarray(large) + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(path, quality=90)
        else:
            path.write_bytes(paths[number % len(PHOTOS)].read_bytes())
        paths.append(path)
    return paths


def rate(action: Callable[[list[Path]], object], paths: list[Path], repeat: int) -> float:
    """Images per second, the best of several runs after a warm-up."""
    action(paths[:2])
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action(paths)
        times.append(time.perf_counter() - start)
    return len(paths) / min(times)


def analyze(model: ImageModel, paths: list[Path]) -> None:
    for result in model.analyze(paths):
        if isinstance(result, InputError):
            raise result


def vgg19_bn(threads: int) -> Callable[[list[Path]], object]:
    """The original's inference: its transforms, its network (the weights don't matter for speed), one image a run."""
    import torch

    torchvision = import_torchvision()
    transforms = torchvision.transforms

    torch.set_num_threads(threads)
    network = torchvision.models.vgg19_bn(weights=None).eval()
    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )

    def predict(paths: list[Path]) -> None:
        with torch.inference_mode():
            for path in paths:
                network(prepare(Image.open(path).convert("RGB"))[None])

    return predict
