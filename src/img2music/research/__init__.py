"""Data sets, training, evaluation and reports; imports the product, which never imports it."""
