"""Made-up sets of rated images, in the layouts of their authors."""

from pathlib import Path

from PIL import Image

OASIS_HEAD = ",Theme,Category,Source,Valence_mean,Valence_SD,Valence_N,Arousal_mean,Arousal_SD,Arousal_N"
EMOTION6_HEAD = "\t".join(
    f"[{name}]"
    for name in (
        "image_filename",
        "valence",
        "arousal",
        *(f"prob. {word}" for word in ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")),
    )
)
COUNT = 24


def colour(number: int) -> tuple[int, int, int]:
    """Tell images apart, and let their ratings be seen in them."""
    return (10 * number % 256, 80, 255 - 10 * number % 256)


def save(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 48), colour(number)).save(path)


def value(number: int, low: float, high: float) -> float:
    return round(low + (high - low) * (number + 1) / (COUNT + 1), 3)


def made_up(name: str, folder: Path) -> Path:
    """Write a data set by its name; gives what to pass to --data."""
    folder.mkdir(parents=True, exist_ok=True)
    return {"oasis": _oasis, "emotion6": _emotion6, "csv": _csv}[name](folder)


def _oasis(folder: Path) -> Path:
    lines = [OASIS_HEAD]
    for number in range(COUNT):
        theme = f"Thing {'ABCDEFGHIJKL'[number // 2]} {number % 2 + 1}"
        save(folder / "images" / f"{theme}.jpg", number)
        kind = "Object" if number < COUNT / 2 else "Scene"
        figures = (value(number, 1, 7), 0.9, 100, value(COUNT - number, 1, 7), 1.2, 100)
        lines.append(",".join(map(str, (number, theme, kind, "Pixabay", *figures))))
    (folder / "OASIS.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _emotion6(folder: Path) -> Path:
    lines = [EMOTION6_HEAD]
    for number in range(COUNT):
        name = f"{('joy', 'fear')[number % 2]}/{number + 1}.jpg"
        save(folder / "images" / name, number)
        figures = (value(number, 1, 9), value(COUNT - number, 1, 9), 0.133333, 0.7, 0, 0.0666667, 0.1, 0, 0)
        lines.append("\t".join(map(str, (name, *figures))))
    (folder / "ground_truth.txt").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return folder


def _csv(folder: Path) -> Path:
    lines = ["file,valence,arousal,scale"]
    for number in range(COUNT):
        save(folder / "pictures" / f"{number}.png", number)
        lines.append(f"pictures/{number}.png,{value(number, 0, 1)},{value(COUNT - number, 0, 1)},0-1")
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "ratings.csv"
