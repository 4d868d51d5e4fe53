"""Policies about what an identity is allowed to do, one a file."""
