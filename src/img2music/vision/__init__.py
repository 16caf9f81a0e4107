"""Image -> affect."""
