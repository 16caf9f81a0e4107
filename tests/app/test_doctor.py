"""What the doctor looks at."""

import tomllib
from pathlib import Path

from img2music.app.doctor import EXTRAS


def test_every_extra_of_a_user_is_looked_for():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    of_developers = {"docs", "benchmark", "dev"}
    assert EXTRAS.keys() | of_developers == set(project["project"]["optional-dependencies"])
