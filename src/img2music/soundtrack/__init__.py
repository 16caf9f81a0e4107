"""A film in, its music out: shots, scenes, and the passages of tracks that lie under them."""
