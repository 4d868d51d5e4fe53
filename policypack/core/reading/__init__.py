"""Reads files that others write: in bounded time and memory, with errors that say where."""
