"""One-off tools; none is part of the package."""
