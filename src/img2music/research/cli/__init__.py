"""The commands train, evaluate and datasets."""
