"""Keeps placeholders through a program's code: its source in, code that calls these operations out."""
