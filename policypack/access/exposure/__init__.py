"""Exposure to callers from outside: documents and stacks come in, and who is let in, with an example, goes out."""
