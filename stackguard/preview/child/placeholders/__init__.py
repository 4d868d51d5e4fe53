"""Stands in for values that only the cloud knows: a function's result type in, placeholders for its fields out."""
