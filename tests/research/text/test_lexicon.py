import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img2music.affect import Affect
from img2music.errors import InputError
from img2music.research.text.lexicon import Lexicon

# The numbers are made up; the formats are the authors'.
FORMATS = {
    "NRC-VAD v1": (
        "\ufeffword        valence        arousal        domain\r\n"
        "glow        0.750        0.500        0.1\r\n"
        "alarm clock        0.250        1.000        0.2\r\n"
    ),
    "NRC-VAD v2": "term\tvalence\tarousal\tdominance\nglow\t0.5\t0\t0.1\nalarm clock\t-0.5\t1.0\t0.2\n",
    "Glasgow Norms": (
        "Words,Length,AROU,,,VAL,,,DOM,,\n,,M,SD,N,M,SD,N,M,SD,N\n"
        "glow,4,5,1.2,33,7,1.1,33,5,1,33\nalarm clock,11,9,1,30,3,1,30,5,1,30\n"
    ),
    "Warriner": (
        ",Word,V.Mean.Sum,V.SD.Sum,V.Rat.Sum,A.Mean.Sum,A.SD.Sum\n1,glow,7,1.1,20,5,1.2\n2,alarm clock,3,1,20,9,1\n"
    ),
}


def write(folder, text, encoding="utf-8"):
    path = folder / "lexicon"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_told_apart_and_brought_to_the_unit_scale(tmp_path, name):
    lexicon = Lexicon.load(write(tmp_path, FORMATS[name]))
    assert lexicon.name == name
    assert dict(lexicon.terms) == {"glow": Affect(0.75, 0.5), "alarm clock": Affect(0.25, 1.0)}


def test_one_header_row_of_glasgow_and_senses_of_a_word(tmp_path):
    table = (
        "word,arousal_mean,valence_mean\r\nbank,5,5\r\nbank (river),1,9\r\nseal (animal),1,9\r\nseal (stamp),5,5\r\n"
    )
    lexicon = Lexicon.load(write(tmp_path, table))
    assert lexicon.name == "Glasgow Norms"
    assert dict(lexicon.terms) == {"bank": Affect(0.5, 0.5), "seal": Affect(0.75, 0.25)}


def test_a_mean_weighted_by_counts():
    lexicon = Lexicon("test", {"glow": Affect(1.0, 0.5), "dust": Affect(0.25, 0.0), "alarm clock": Affect(0.0, 1.0)})
    found = lexicon.affect(["glow", "glow", "dust", "the"])
    assert found.affect == Affect(0.75, 1 / 3)
    assert found.not_found == pytest.approx(0.25)
    terms = lexicon.affect(["alarm", "clock", "alarm", "glow"])
    assert terms.affect.valence == pytest.approx(1 / 3)
    assert terms.not_found == pytest.approx(0.25)
    assert lexicon.affect([]).affect is None
    assert lexicon.affect(["the"]).not_found == 1.0


@given(st.lists(st.sampled_from(["glow", "dust", "alarm", "clock", "the"])), st.integers(1, 4))
def test_saying_it_all_again_changes_nothing(words, times):
    lexicon = Lexicon("test", {"glow": Affect(0.9, 0.5), "dust": Affect(0.2, 0.1)})
    once, again = lexicon.affect(words), lexicon.affect(words * times)
    assert again.not_found == pytest.approx(once.not_found)
    assert (once.affect is None) == (again.affect is None)
    if once.affect is not None:
        assert again.affect.distance(once.affect) < 1e-9
        assert 0.2 <= once.affect.valence <= 0.9


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "row 1 is the header of no lexicon"),
        ("a,b,c\n1,2,3\n", "row 1 is the header of no lexicon"),
        ("term\tvalence\tarousal\n", "no words"),
        ("term\tvalence\tarousal\nglow\tbright\t0\n", "row 2, column 'valence': 'bright' is not a number"),
        ("term\tvalence\tarousal\nglow\t0.5\t0,5\n", "row 2, column 'arousal': '0,5' is not a number"),
        (f"term\tvalence\tarousal\nglow\t0.5\t{'x' * 9999}\n", "row 2, column 'arousal': 'x+'... is not a number"),
        ("term\tvalence\tarousal\n\nglow\t0.5\n", "row 3 has 2 columns"),
        ("term\tvalence\tarousal\nglow\t0.5\t1.5\n", "row 2: arousal 1.5 is outside"),
        ("word\tvalence\tarousal\nglow\t-0.5\t0.5\n", "row 2: valence -0.5 is outside"),
        ("term\tvalence\tarousal\nglow\tnan\t0\n", "row 2: valence nan is outside"),
        ("term\tvalence\tarousal\nglow\t0\t0\nGlow\t1\t0\n", "row 3: 'glow' stands in an earlier row"),
        (",Word,V.Mean.Sum,A.Mean.Sum\n1,,5,5\n", "row 2, column 'word': is empty"),
        (",Word,V.Mean.Sum,A.Mean.Sum\n1,glow,1e308,5\n", "row 2: valence 1e\\+308 is outside"),
    ],
)
def test_a_bad_file_is_one_line_with_row_and_column(tmp_path, text, said):
    with pytest.raises(InputError, match=said) as error:
        Lexicon.load(write(tmp_path, text))
    assert "\n" not in str(error.value)
    assert "lexicon: " in str(error.value)
    assert len(error.value.reason) < 300


def test_files_that_are_no_text(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        Lexicon.load(tmp_path / "none")
    with pytest.raises(InputError, match="can't be read"):
        Lexicon.load(tmp_path)
    path = tmp_path / "bytes"
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(InputError, match="is not text: no lexicon"):
        Lexicon.load(path)


def test_a_spreadsheets_encoding(tmp_path):
    lexicon = Lexicon.load(write(tmp_path, ",Word,V.Mean.Sum,A.Mean.Sum\n1,caf\u00e9,7,5\n", "cp1252"))
    assert list(lexicon.terms) == ["caf\u00e9"]


def test_the_authors_files(shared_data):
    nrc = Lexicon.load(shared_data / "lexicons" / "NRC-VAD-Lexicon.txt")
    glasgow = Lexicon.load(shared_data / "lexicons" / "glasgow.csv")
    assert (nrc.name, glasgow.name) == ("NRC-VAD v1", "Glasgow Norms")
    assert len(nrc) > 19_900
    assert len(glasgow) > 4_600
    assert not [term for term in glasgow.terms if re.search(r"[()]", term)]
    for lexicon in (nrc, glasgow):
        assert lexicon.affect(["love"]).affect.valence > 0.8
        assert lexicon.affect(["murder"]).affect.valence < 0.2
