"""Policies about documents that do not mean what they say, one a file."""
