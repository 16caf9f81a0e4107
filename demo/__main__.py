"""Run the main job from end to end with the real command, on free media or on the user's own."""

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

from demo.media import copy_photos, music_folder
from demo.page import write_page
from img2music import Library


def img2music(*arguments: str | Path) -> None:
    """Show a command, run it, stop the demo if nothing could be done."""
    words = [str(argument) for argument in arguments]
    print(f"\n$ img2music {shlex.join(words)}", flush=True)
    code = subprocess.run([sys.executable, "-m", "img2music", *words], check=False).returncode
    if code not in {0, 1}:  # 1: some files of the user's could not be read, and that was said
        sys.exit(code)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("demo-output"), help="folder for all that is written")
    parser.add_argument("--music", type=Path, help="your own music instead of the demo's")
    parser.add_argument("--photos", type=Path, help="a photo of yours, or a folder, instead of the demo's")
    options = parser.parse_args()

    output: Path = options.output
    output.mkdir(parents=True, exist_ok=True)
    photos = options.photos or copy_photos(output / "photos")
    music = options.music or music_folder()
    library: list[str | Path] = ["--library", output / "library.sqlite"]

    print("1. What do the photos feel like?", flush=True)
    img2music("analyze", photos, "--format", "table")
    print("\n2. Listen to the music.", flush=True)
    img2music("scan", music, *library)
    print("\n3. The songs that feel like each photo, and all of them on one picture.", flush=True)
    plot = output / "affect-plane.png"
    img2music("recommend", photos, *library, "--top", "3", "--format", "table", "--plot", plot, "--force")
    print("\n4. One playlist through all photos, in their order.", flush=True)
    playlist = output / "playlist.m3u8"
    img2music("recommend", photos, *library, "--together", "--format", "m3u8", "--output", playlist, "--force")

    print("\n5. A short film of the photos, with passages of those songs under them.", flush=True)
    film = output / "slideshow.mp4"
    small = ["--size", "360", "--fps", "15", "--seconds-per-photo", "3"]
    img2music("slideshow", photos, *library, "--order", "mood", *small, "--output", film, "--force")

    page = output / "demo.html"
    print(f"\n6. All of it on one page, to look at and listen to: {page}", flush=True)
    with Library.open(output / "library.sqlite") as opened:
        write_page(page, opened, photos, plot)

    command = Path(os.path.relpath(sys.executable)).with_name("img2music")
    print(
        f"""
Done. Open {page} in a browser, play {playlist} and watch {film}.

Now with your own music and your own photo:

    {command} scan ~/Music
    {command} recommend photo.jpg
"""
    )


main()
