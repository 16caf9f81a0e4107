"""Every example in the documentation runs, and is well typed."""

import doctest
import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import img2music
from tests.support import soundtracks
from tests.support.sounds import clicks, encode, tone

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PAGES = [
    page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if "```python" in page.read_text()
]


def of_page(page: Path) -> str:
    return "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))


def of_docstrings() -> dict[str, str]:
    found = {}
    for name in img2music.__all__:
        exported = getattr(img2music, name)
        members = inspect.getmembers(exported, inspect.isroutine) if inspect.isclass(exported) else []
        for label, item in [(name, exported), *((f"{name}.{each}", member) for each, member in members)]:
            examples = doctest.DocTestParser().get_examples(inspect.getdoc(item) or "") if callable(item) else []
            if examples:
                found[label] = "".join(example.source for example in examples)
    return found


EXAMPLES = {page.name: of_page(page) for page in PAGES if "```python" in page.read_text()} | of_docstrings()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that examples name."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "Music").mkdir()
    for pitch, title in ((200, "Blue"), (300, "Red"), (400, "Green")):
        tags = {"title": title, "artist": title, "genre": "Jazz", "date": "1959"}
        sound = clicks(2 * pitch / 5, 14.0) + tone(pitch, 14.0, 16_000)
        encode(folder / "Music" / f"{title}.flac", sound, "flac", 16_000, **tags)
    encode(folder / "song.mp3", tone(440, 1.0), "mp3")
    Image.new("RGB", (64, 48), "orange").save(folder / "photo.jpg")
    soundtracks.film(folder / "holiday.mp4", 13.0)
    with img2music.Library.open(folder / "music.db") as library:
        library.scan(folder / "Music")
    return folder


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_runs(name, world, tmp_path, monkeypatch):
    shutil.copytree(world, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "here"))
    monkeypatch.setenv("IMG2MUSIC_LIBRARY", "music.db")
    exec(compile(EXAMPLES[name], name, "exec"), {})


def test_all_are_well_typed(tmp_path):
    files = []
    for number, code in enumerate([*EXAMPLES.values(), "import img2music\nimg2music.totally_wrong('a', 3)\n"]):
        files.append(tmp_path / f"example_{number}.py")
        files[-1].write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", ROOT / ".mypy_cache", *files],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1, done.stdout
    assert 'has no attribute "totally_wrong"' in errors[0]
