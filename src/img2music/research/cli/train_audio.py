"""``img2music train audio``: train the music affect model on people's ratings."""

from pathlib import Path
from typing import Annotated

import typer

from img2music.cli.options import ForceOption


def train_audio(
    emotify: Annotated[
        Path, typer.Option(help="Folder of Emotify: gems.csv, and a folder a genre with its sound files.")
    ],
    pmemo: Annotated[
        Path,
        typer.Option(help="CSV of PMEmo's ratings with Spotify's features; it judges, and teaches nothing."),
    ],
    out: Annotated[Path, typer.Option(help="Model file to write (JSON).")],
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    force: ForceOption = False,
) -> None:
    """Train the music affect model, and report how it does on music that it has not heard.

    The model is fitted on all of Emotify; the figures are of the same recipe, trained fold by fold.
    """
    from img2music.cli.output import counting, require_outputs
    from img2music.music.audio.affect_model import KIND
    from img2music.research.audio.training import (
        evaluate_affect_model,
        read_emotify,
        read_pmemo,
        require_training,
        train_affect_model,
    )

    require_outputs([(out, KIND)], force=force)
    require_training()
    table = read_pmemo(pmemo)
    with counting("Listening") as progress:
        songs = read_emotify(emotify, jobs, progress)
    train_affect_model(songs).save(out)
    rows = evaluate_affect_model(songs, table)
    width = max(len(name) for name, *_ in rows)
    for name, valence, arousal in rows:
        typer.echo(f"{name:{width}}  r valence {valence:.3f}, arousal {arousal:.3f}")
