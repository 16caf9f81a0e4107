"""What fills a library, and makes it only then."""

from img2music.app.importing import scan
from img2music.options import ScanOptions
from tests.support.library_sounds import make_music


def test_a_dry_run_makes_no_library(tmp_path, at):
    make_music(tmp_path / "music", 2)
    report = scan(at(tmp_path / "library.db"), [tmp_path / "music"], ScanOptions(dry_run=True))
    assert (report.new, report.dry_run) == (2, True)
    assert [item.name for item in tmp_path.iterdir()] == ["music"]


def test_folders_that_are_not_there_make_no_library(tmp_path, at):
    report = scan(at(tmp_path / "new.db"), [tmp_path / "nowhere"], ScanOptions(jobs=1))
    assert report.unusable
    assert list(tmp_path.iterdir()) == []
