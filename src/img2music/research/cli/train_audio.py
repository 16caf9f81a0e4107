"""``img2music train audio``: train the music affect model on people's ratings."""

from pathlib import Path

import click

from img2music.cli.options import command, file_path, force_option, option
from img2music.cli.progress import progress_bar

PMEMO = "CSV of PMEmo's ratings with Spotify's features; it judges, and teaches nothing."


@command()
@option("--emotify", required=True, type=file_path, metavar="DIR", help="Emotify: gems.csv, and a folder a genre.")
@option("--pmemo", required=True, type=file_path, metavar="FILE", help=PMEMO)
@option("--out", required=True, type=file_path, metavar="FILE", help="Model file to write (JSON).")
@option("--jobs", type=click.IntRange(1), default=1, help="Processes.")
@force_option
def train_audio(*, emotify: Path, pmemo: Path, out: Path, jobs: int, force: bool) -> None:
    """Train the music affect model, and report how it does on music that it has not heard.

    The model is fitted on all of Emotify; the figures are of the same recipe, trained fold by fold.
    """
    from img2music.cli.output import require_outputs
    from img2music.research.audio.affect_training import (
        evaluate_affect_model,
        read_emotify,
        read_pmemo,
        require_training,
        train_affect_model,
    )
    from img2music.research.audio.model_file import KIND, save

    require_outputs([(out, KIND)], force=force)
    require_training()
    table = read_pmemo(pmemo)
    with progress_bar() as progress:
        songs = read_emotify(emotify, jobs, progress)
    save(train_affect_model(songs), out)
    rows = evaluate_affect_model(songs, table)
    width = max(len(name) for name, *_ in rows)
    for name, valence, arousal in rows:
        click.echo(f"{name:{width}}  r valence {valence:.3f}, arousal {arousal:.3f}")
