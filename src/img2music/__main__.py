"""``python -m img2music``."""

from img2music.cli.app import main

main()
