"""Affect of songs from tables: the stacked regressors."""
