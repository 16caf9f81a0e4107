"""Where track data comes from: folders, tags, tables and web services."""
