"""Photos to a film: their order, their movement, their pictures, and the music under them."""
