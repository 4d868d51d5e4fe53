"""Exposure to outsiders: documents and stacks come in, and verdicts with an example of who is let in go out."""
