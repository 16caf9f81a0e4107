"""Cue sheets as timelines of video editors, and as chapters."""
