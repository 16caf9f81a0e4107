"""What does without extras does without them: libraries that they bring are not there."""

import subprocess
import sys

import pytest

BASE = ("analysis", "doctor", "feedback", "importing", "library", "models", "recommending")


@pytest.mark.slow
@pytest.mark.parametrize("module", BASE)
def test_it_is_imported_without_any_extra(module: str) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('httpx', 'tenacity', 'matplotlib', 'scenedetect', 'librosa', "
        f"'pillow_heif', 'sklearn', 'onnx', 'torch', 'pyarrow', 'optuna'))); import img2music.app.{module}"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
