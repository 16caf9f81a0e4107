"""Check that a release is whole: ``make check``.

Version, changelog and metadata agree; wheel and sdist build from what git knows; the wheel made of the sdist holds the
same files; the wheel installs into an empty environment and runs the demo's steps.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command; what it prints, or the end of everything."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        sys.exit(otherwise)


def main() -> None:
    code = re.search(r'^__version__ = "(.+)"$', (ROOT / "src/img2music/__init__.py").read_text(), re.MULTILINE)
    require(code is not None, "src/img2music/__init__.py names no version.")
    assert code is not None
    version = code[1]
    heads = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    require(
        bool(heads) and (heads[0] == "Unreleased" or heads[0].split()[0] == version),
        f"CHANGELOG.md begins with {heads[:1]}, not with version {version} or Unreleased.",
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Of what git knows: what lies about here must not end in a release.
        run("git", "worktree", "add", "--detach", folder / "source")
        try:
            # The page is built, not committed.
            page = "src/img2music/server/static"
            shutil.copytree(ROOT / page, folder / "source" / page)
            run(sys.executable, "-m", "build", "--outdir", folder / "dist", cwd=folder / "source")
        finally:
            run("git", "worktree", "remove", "--force", folder / "source")
        (wheel,), (sdist,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder / "again", sdist)
        (again,) = (folder / "again").glob("*.whl")
        ours, theirs = (set(zipfile.ZipFile(file).namelist()) for file in (wheel, again))
        require("img2music/server/static/index.html" in ours, "The wheel lacks the page: `make page` builds it.")
        require(ours == theirs, f"Wheel and sdist differ: {sorted(ours ^ theirs)}")
        with zipfile.ZipFile(wheel) as packed:
            (metadata,) = (each for each in packed.namelist() if each.endswith(".dist-info/METADATA"))
            said = Parser().parsestr(packed.read(metadata).decode())
        require(said["Version"] == version, f"The wheel says version {said['Version']}, the code {version}.")
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", f"{wheel}[demo]")
        shown = run(python, "-m", "img2music", "--version", cwd=folder)
        require(shown.strip() == f"img2music {version}", f"The command says {shown.strip()!r}, the code {version}.")
        run(python, "-m", "demo", "--output", folder / "demo")
        print(f"img2music {version}: {len(ours)} files in the wheel; the demo runs with it in an empty environment.")


main()
