"""Judging the matching."""
