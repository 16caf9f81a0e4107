"""HTTP: a library with its songs, readings and feedback for the page and for other programs."""
