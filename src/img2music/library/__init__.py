"""Tracks at rest: schema, migrations, scanning, exact nearest-neighbour search."""
