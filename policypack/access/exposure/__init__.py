"""Exposure to outsiders: documents and stacks come in, and verdicts with an example of an allowed outsider go out."""
