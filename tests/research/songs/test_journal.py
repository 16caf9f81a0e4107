import numpy as np
import pytest

from img2music.errors import InputError
from img2music.research.songs.journal import Fit, Journal

FITS = [Fit(f"fit {number}", number / 7, (np.arange(4.0) / (number + 3)).tobytes()) for number in range(5)]


def written(tmp_path):
    file = tmp_path / "journal.jsonl"
    journal = Journal(file, "run")
    for fit in FITS:
        journal.add(fit)
    return file


def test_what_is_in_it_comes_back_to_the_last_bit(tmp_path):
    journal = Journal(written(tmp_path), "run", resume=True)
    assert list(journal.fits.values()) == FITS
    assert journal.fits["fit 2"].predicted.tolist() == [0.0, 0.2, 0.4, 0.6]


def test_a_line_that_was_cut_short_is_forgotten_and_written_over(tmp_path):
    file = written(tmp_path)
    content = file.read_bytes()
    for end in range(len(content) - 1, content.rfind(b"\n", 0, -1), -7):
        file.write_bytes(content[:end])
        journal = Journal(file, "run", resume=True)
        assert len(journal.fits) == 4
        journal.add(FITS[4])
        assert file.read_bytes() == content


def test_without_resume_it_begins_anew(tmp_path):
    file = written(tmp_path)
    assert len(Journal(file, "run").fits) == 0
    assert len(Journal(file, "run", resume=True).fits) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: [b"hello\n", *lines[1:]], "no journal"),
        (lambda lines: [lines[0], b"{}\n", *lines[2:]], "line 2 is damaged"),
        (lambda lines: [lines[0], lines[1].replace(b"=", b"!"), *lines[2:]], "line 2 is damaged"),
    ],
)
def test_what_is_not_its_own_is_refused(change, says, tmp_path):
    file = written(tmp_path)
    file.write_bytes(b"".join(change(file.read_bytes().splitlines(keepends=True))))
    with pytest.raises(InputError, match=says):
        Journal(file, "run", resume=True)


def test_another_training_is_refused(tmp_path):
    with pytest.raises(InputError, match="another training"):
        Journal(written(tmp_path), "other run", resume=True)
    with pytest.raises(InputError, match="can't be written"):
        Journal(tmp_path / "none" / "journal", "run")
