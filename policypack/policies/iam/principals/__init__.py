"""Policies about who is allowed in, one a file."""
