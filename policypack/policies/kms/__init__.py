"""Policies about KMS keys, one a file."""
