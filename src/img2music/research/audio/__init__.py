"""Affect of sound: training, and the export of its network."""
