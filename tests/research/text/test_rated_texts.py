import pytest

from img2music.errors import InputError
from img2music.research.text.rated_texts import read_emobank, read_glasgow
from tests.support.rated_texts import emobank_csv

HEADER = "id,split,V,A,D,text\n"


def test_emobank(tmp_path):
    found = read_emobank(emobank_csv(tmp_path / "emobank.csv"))
    assert [len(found[split]) for split in ("train", "dev", "test")] == [20, 20, 20]
    assert found["train"].ratings[0].tolist() == pytest.approx([0.8, 0.5])
    assert found["train"].texts[0] == "It was a happy day number 0 for all of us."
    assert found["train"].groups[0] == "doc0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("id,split,V,text\n", "line 1 lacks A"),
        (HEADER + "a_1_2,train,3,3\n", "line 2 .* lacks text"),
        (HEADER + "a_1_2,train,good,3,3,x\n", "line 2 .*, column 'V': 'good' is no number"),
        (HEADER + "a_1_2,train,3,7,3,x\n", "line 2 .*: arousal 7 is outside"),
        (HEADER + "a_1_2,other,3,3,3,x\n", "line 2 .*, column 'split': 'other'"),
        (HEADER + "a_1_2,train,3,3,3,x\n", "the split 'train' has 1 rows"),
    ],
)
def test_bad_tables(tmp_path, text, said):
    path = tmp_path / "emobank.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=said):
        read_emobank(path)
    with pytest.raises(InputError, match="no such file"):
        read_emobank(tmp_path / "none")


def test_only_a_lexicon_whose_terms_allow_it(tmp_path):
    path = tmp_path / "lexicon"
    path.write_text("term\tvalence\tarousal\nglow\t0\t0\n")
    with pytest.raises(InputError, match="is NRC-VAD v2; the Glasgow Norms are needed"):
        read_glasgow(path)
