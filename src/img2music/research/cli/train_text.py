"""``img2music train text``: train the text affect models on people's ratings."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import ForceOption


def train_text(
    emobank: Annotated[Path, typer.Option(metavar="CSV", help="EmoBank: emobank.csv, with its column split.")],
    glasgow: Annotated[Path, typer.Option(metavar="CSV", help="The Glasgow Norms.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Model file to write (.npz).")],
    minilm: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the model that reads the vectors of the encoder MiniLM there too."),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Train the model that reads valence and arousal in lyrics, and report how it does on sentences it has not seen.

    Needs the extra lyrics, from which the vectors of words come; the model made then runs without. It learns from
    EmoBank's training split only; the figures are of its dev split. `evaluate text` gives those of the test split.
    """
    from img2music.cli.output import counting, print_table, require_outputs
    from img2music.music.lyrics.text_model import TextReader
    from img2music.music.lyrics.vector_files import ARRAYS
    from img2music.research.text.evaluation import evaluate_text
    from img2music.research.text.rated_texts import read_emobank, read_glasgow
    from img2music.research.text.training import train_sentence_model, train_text_model

    require_outputs([(out, ARRAYS), (minilm, ARRAYS)], force=force)
    rated, words = read_emobank(emobank), read_glasgow(glasgow)
    with counting("Encoding words") as progress:
        model = train_text_model(rated["train"], words, progress)
    model.save(out)
    models: list[TextReader] = [model]
    if minilm is not None:
        with counting("Encoding sentences") as progress:
            sentences = train_sentence_model(rated["train"], progress)
        sentences.save(minilm)
        models.append(sentences)
    print_table(*evaluate_text(rated, models, split="dev").table(), title="EmoBank, dev split")
