"""``img2music train text``: train the text affect models on people's ratings."""

from pathlib import Path

from img2music.cli.options import command, file_path, force_option, option
from img2music.cli.output import print_table, require_outputs
from img2music.cli.progress import progress_bar
from img2music.research.cli.evaluate_text import emobank_option


@command()
@emobank_option
@option("--glasgow", type=file_path, required=True, metavar="CSV", help="The Glasgow Norms.")
@option("--out", type=file_path, required=True, metavar="FILE", help="Model file to write (.npz).")
@option(
    "--minilm",
    type=file_path,
    metavar="FILE",
    help="Write the model that reads the vectors of the encoder MiniLM there too.",
)
@option(
    "--multilingual",
    type=file_path,
    metavar="FILE",
    help="Write the model that reads other languages, with the extra languages, there too.",
)
@force_option
def train_text(
    *, emobank: Path, glasgow: Path, out: Path, minilm: Path | None, multilingual: Path | None, force: bool
) -> None:
    """Train the model that reads valence and arousal in lyrics, and report how it does on sentences it has not seen.

    Needs the extra lyrics, from which the vectors of words come; the model made then runs without. It learns from
    EmoBank's training split only; the figures are of its dev split. `evaluate text` gives those of the test split.
    """
    from img2music.music.lyrics.text_model import TextReader
    from img2music.music.lyrics.vector_files import ARRAYS
    from img2music.research.text.evaluation import evaluate_text
    from img2music.research.text.rated_texts import read_emobank, read_glasgow
    from img2music.research.text.text_training import (
        train_multilingual_model,
        train_sentence_model,
        train_text_model,
    )

    require_outputs([(out, ARRAYS), (minilm, ARRAYS), (multilingual, ARRAYS)], force=force)
    rated, words = read_emobank(emobank), read_glasgow(glasgow)
    with progress_bar() as progress:
        model = train_text_model(rated["train"], words, progress)
        model.save(out)
        models: list[TextReader] = [model]
        if minilm is not None:
            sentences = train_sentence_model(rated["train"], progress)
            sentences.save(minilm)
            models.append(sentences)
        if multilingual is not None:
            languages = train_multilingual_model(rated["train"], words, progress)
            languages.save(multilingual)
            models.append(languages)
    report = evaluate_text(rated, models, split="dev")
    (table,) = report.tables
    print_table(table.columns, table.rows, title=report.subtitle)
