"""Photos that become pictures of a film."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from scipy.ndimage import gaussian_filter, map_coordinates

from img2music.soundtrack.slideshow.captions import CaptionFont
from img2music.soundtrack.slideshow.drawing import DrawnPhoto, Planes, write
from img2music.soundtrack.slideshow.motion import plan_motion

FRAME = (320, 180)


def detailed(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture with soft detail."""
    chance = np.random.default_rng(seed).random((height, width, 3))
    soft = gaussian_filter(chance, (12, 12, 0))
    low, high = soft.min(), soft.max()
    return Image.fromarray(((soft - low) / (high - low) * 255).round().astype(np.uint8))


def drawn(path: Path, frame: tuple[int, int] = FRAME, *, seconds: float = 4.0, number: int = 0) -> DrawnPhoto:
    with Image.open(path) as image:
        size = image.size
    return DrawnPhoto(path, size, frame, seconds=seconds, number=number)


def shown(picture: Planes) -> np.ndarray:
    """The picture as a good player shows it, RGB (BT.709, chroma beside the left of its pixels)."""
    height, width = picture.light.shape

    def full(plane: np.ndarray) -> np.ndarray:
        rows, columns = (np.arange(height) - 0.5) / 2, np.arange(width) / 2
        return map_coordinates(plane.astype(float), np.meshgrid(rows, columns, indexing="ij"), order=1, mode="nearest")

    light = (picture.light - 16.0) * 255 / 219
    blue, red = ((full(plane) - 128.0) * 255 / 224 for plane in (picture.blue, picture.red))
    green = light - (0.2126 * 1.5748 * red + 0.0722 * 1.8556 * blue) / 0.7152
    return np.stack([light + 1.5748 * red, green, light + 1.8556 * blue], axis=2)


@pytest.mark.parametrize("share", [0.0, 0.37, 1.0])
@pytest.mark.parametrize("number", range(4))
def test_a_picture_is_what_its_window_shows(tmp_path: Path, number: int, share: float) -> None:
    photo = detailed(800, 600)
    photo.save(tmp_path / "photo.png")
    window = plan_motion(photo.size, FRAME, 4.0, number).at(share)
    box = (window.left, window.top, window.left + window.width, window.top + window.height)
    expected = np.asarray(photo.resize(FRAME, Image.Resampling.BICUBIC, box=box)).astype(float)
    seen = shown(drawn(tmp_path / "photo.png", number=number).draw(share))
    assert np.abs(seen - expected).mean() < 1.2
    assert np.abs((seen - expected).mean(axis=(0, 1))).max() < 0.4


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (90, 140, 30)])
def test_colours_are_right(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    Image.new("RGB", (64, 36), colour).save(tmp_path / "photo.png")
    seen = shown(drawn(tmp_path / "photo.png").draw(0.5))
    assert np.abs(seen - np.array(colour)).max() <= 3


def test_movement_between_pixels(tmp_path: Path) -> None:
    """The middle of a soft spot moves by as much as the window does, a small part of a pixel at a time."""
    y, x = np.mgrid[:600, :800]
    spot = 255 * np.exp(-((x - 420.0) ** 2 + (y - 200.0) ** 2) / (2 * 15.0**2))
    Image.fromarray(spot.astype(np.uint8)).save(tmp_path / "photo.png")
    photo = drawn(tmp_path / "photo.png", number=2)
    motion = plan_motion((800, 600), FRAME, 4.0, 2)
    places = []
    for share in np.linspace(0.4, 0.45, 12):
        light = photo.draw(share).light.astype(float) - 16.0
        middle = (light.sum(axis=0) * (np.arange(FRAME[0]) + 0.5)).sum() / light.sum()
        window = motion.at(share)
        places.append(middle - (420.5 - window.left) / window.width * FRAME[0])
    assert np.ptp(places) < 0.12
    assert abs(np.mean(places)) < 0.1


def test_around_an_upright_photo_is_a_darker_backdrop_of_it(tmp_path: Path) -> None:
    Image.new("RGB", (300, 400), (200, 160, 120)).save(tmp_path / "photo.png")
    seen = shown(drawn(tmp_path / "photo.png").draw(0.0))
    assert np.abs(seen[:, 100:220] - np.array([200, 160, 120])).max() <= 4
    beside, far = seen[90, 86], seen[90, 5]
    assert (far < 0.8 * np.array([200, 160, 120])).all()
    assert far[0] > far[1] > far[2] > 20
    assert (beside < far).all()


def test_a_profile_is_obeyed(tmp_path: Path) -> None:
    """Swapped primaries: what is stored as red is meant as something else."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rgb = bytearray(srgb)
    # Display P3's red (W3C CSS Color 4, 10.6, adapted to D50) in place of sRGB's: reds come out stronger.
    at = rgb.index(b"rXYZ", 128)
    offset = int.from_bytes(rgb[at + 4 : at + 8], "big") + 8
    rgb[offset : offset + 12] = b"".join(int(v * 65536).to_bytes(4, "big") for v in (0.5151, 0.2412, 0.0))
    plain, wide, damaged = (tmp_path / name for name in ("plain.png", "wide.png", "damaged.png"))
    photo = Image.new("RGB", (64, 36), (200, 100, 100))
    for path, profile in ((plain, srgb), (wide, bytes(rgb)), (damaged, lab[:60] + bytes(80))):
        photo.save(path, icc_profile=profile)
    red = [int(shown(drawn(path).draw(0.5))[:, :, 0].mean()) for path in (plain, wide, damaged)]
    assert red[0] == pytest.approx(200, abs=2)
    assert red[1] > red[0] + 5
    assert red[2] == red[0]


@pytest.mark.parametrize("size", [(1, 1), (2000, 3), (3, 2000), (16, 9), (1, 2)])
@pytest.mark.parametrize("frame", [(320, 180), (180, 320), (64, 64)])
def test_photos_of_any_size(tmp_path: Path, size: tuple[int, int], frame: tuple[int, int]) -> None:
    Image.new("RGB", size, (10, 200, 90)).save(tmp_path / "photo.png")
    photo = drawn(tmp_path / "photo.png", frame)
    for share in (0.0, 0.5, 1.0):
        light, blue, red = photo.draw(share)
        assert light.shape == (frame[1], frame[0])
        assert blue.shape == red.shape == (frame[1] // 2, frame[0] // 2)
        assert np.abs(shown(Planes(light, blue, red))[frame[1] // 2, frame[0] // 2] - [10, 200, 90]).max() <= 4


def test_another_photo_under_the_name_meanwhile(tmp_path: Path) -> None:
    detailed(300, 500).save(tmp_path / "photo.png")
    photo = DrawnPhoto(tmp_path / "photo.png", (800, 600), FRAME, seconds=4.0, number=0)
    assert photo.draw(0.5).light.shape == (180, 320)


def test_mixing_and_going_dark() -> None:
    black = Planes.black(8, 4)
    white = Planes(black.light + 219, black.blue, black.red)
    assert black.mixed(white, 0.25).light.tolist() == [[71] * 8] * 4
    assert white.dimmed(0.5).light.max() in (125, 126)
    assert white.dimmed(0.5).blue.tolist() == black.blue.tolist()


def test_a_caption_is_white_on_any_picture(tmp_path: Path) -> None:
    caption = CaptionFont(FRAME).overlay("Höhe über Köln")
    assert caption is not None
    for light in (16, 128, 235):
        black = Planes.black(*FRAME)
        picture = Planes(np.full_like(black.light, light), black.blue, black.red)
        write(caption, picture)
        rows = picture.light[caption.top : caption.top + len(caption.cover)]
        assert rows.max() >= 225  # letters
        assert rows[caption.letters < 0.01].min() <= 90  # and darkness around them
        assert (picture.light[: caption.top] == light).all()
