"""The use cases: what the command line, Python and servers call."""
