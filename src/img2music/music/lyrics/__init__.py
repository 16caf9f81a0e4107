"""Lyrics -> affect: clean words, and the models of text that read them."""
