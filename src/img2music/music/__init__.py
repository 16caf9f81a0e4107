"""Track -> affect."""
