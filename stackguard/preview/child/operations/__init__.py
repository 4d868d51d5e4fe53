"""Keeps placeholders through a program's code: its source comes in; code that calls these operations goes out."""
