"""What does without extras does without them: libraries that they bring are not there."""

import subprocess
import sys

import pytest

BASE = (
    *("analysis", "cluster", "doctor", "feedback", "importing", "library", "models", "pictures", "playlists"),
    *("recommending", "sounds"),
)


@pytest.mark.slow
@pytest.mark.parametrize("module", BASE)
def test_it_is_imported_without_any_extra(module: str) -> None:
    lacking = (
        *("argon2", "fastapi", "httpx", "librosa", "matplotlib", "onnx", "optuna", "pillow_heif", "pyarrow"),
        *("ray", "scenedetect", "sklearn", "tenacity", "torch", "uvicorn"),
    )
    code = f"import sys; sys.modules.update(dict.fromkeys({lacking})); import img2music.app.{module}"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_serving_without_its_extra_says_what_to_install() -> None:
    code = "import sys; sys.modules['fastapi'] = None; from img2music.cli.app import main; main(['serve', '--no-open'])"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "img2music: The page needs an extra: pip install 'img2music[server]'",
    )
