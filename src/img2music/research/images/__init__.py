"""Affect of pictures: data sets, training, evaluation."""
