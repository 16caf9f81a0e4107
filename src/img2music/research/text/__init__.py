"""Affect of texts: rated texts, training, evaluation."""
