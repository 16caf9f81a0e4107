"""Song tables: columns and lyrics to numbers, stacks of regressors by AutoML, and their evaluation."""
