"""Placeholders for values that only the cloud knows: a function's result type comes in; placeholders for its fields go out."""
