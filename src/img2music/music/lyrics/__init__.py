"""Lyrics -> numbers: clean words, affect from lexicons, document vectors, and an affect model of text."""
