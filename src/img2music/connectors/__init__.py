"""Where track data comes from: folders and tags."""
