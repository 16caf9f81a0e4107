"""Picture and songs: calibration, ranking, diversity, explanations, playlists."""
