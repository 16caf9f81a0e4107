"""Files -> arrays: images (Pillow), audio (PyAV)."""
