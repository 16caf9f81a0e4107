"""The documentation says what the program does, and the program starts quickly."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from img2music.cli.app import app
from tests.support.commands import COMMANDS

ROOT = Path(__file__).parents[1]
HEAVY = {"alembic", "av", "librosa", "matplotlib", "numpy", "onnxruntime", "PIL", "httpx", "scipy"}
HEAVY |= {"sklearn", "sqlalchemy", "tenacity"}


def test_the_command_line_reference_is_fresh(tmp_path):
    fresh = tmp_path / "cli.md"
    subprocess.run([sys.executable, ROOT / "docs" / "cli_reference.py", fresh], check=True)
    assert (ROOT / "docs" / "cli.md").read_text() == fresh.read_text(), "stale: run `make docs`"


@pytest.mark.slow
def test_the_schemas_of_json_are_fresh(tmp_path):
    subprocess.run([sys.executable, ROOT / "docs" / "json_schemas.py", tmp_path], check=True)
    written = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert written
    there = {name: (ROOT / "docs" / "schemas" / name).read_text() for name in written}
    assert there == written, "stale: run `make docs`"
    page = (ROOT / "docs" / "json.md").read_text()
    for name, text in written.items():
        shape = json.loads(text)["title"]
        assert f"`{shape}`" in page, f"docs/json.md does not name {shape}"
        assert f"schemas/{name})" in page


def documented_commands():
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL):
            for line in re.sub(r"\\\n", " ", block).splitlines():
                if line.startswith("img2music "):
                    yield line.split("#")[0].strip()


@pytest.mark.parametrize("line", sorted(set(documented_commands())))
def test_documented_commands_exist_with_their_options(line):
    (name,) = (name for name in COMMANDS if f"{line} ".startswith(f"img2music {name} "))
    words, params = line.split(), COMMANDS[name].params
    known = {name for parameter in params for name in [*parameter.opts, *parameter.secondary_opts]}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known | {"--help"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_takes_the_units(tmp_path):
    units = [
        unit
        for page in sorted((ROOT / "docs").glob("*.md"))
        for unit in re.findall(r"```ini\n(\[Unit\].*?)```", page.read_text(), re.DOTALL)
    ]
    assert units
    for number, unit in enumerate(units):
        file = tmp_path / f"unit{number}.service"
        file.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", unit))
        told = subprocess.run(
            ["systemd-analyze", "--user", "verify", file],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert (told.returncode, told.stderr) == (0, "")


def test_links_lead_somewhere():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_help_waits_for_nothing_heavy():
    code = f"import sys, img2music.cli.app; print(sorted({HEAVY!r} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"


def test_help_fits_and_ends_well():
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    for name in ("analyze", "scan", "recommend", "tracks", "library", "models", "train", "evaluate", "doctor"):
        assert re.search(rf"^  {name} ", result.output, re.MULTILINE)
