"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data beside the checkout; tests skip without it, or fail where it is required."""
    folder = Path(os.environ.get("IMG2MUSIC_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        if os.environ.get("IMG2MUSIC_REQUIRE_DATA") == "1":
            pytest.fail(f"IMG2MUSIC_REQUIRE_DATA=1, and there is no data in {folder}")
        pytest.skip(f"needs the data sets, which are not passed on (looked in {folder}; set IMG2MUSIC_DATA)")
    return folder
