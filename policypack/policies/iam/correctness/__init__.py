"""Policies about documents whose effect differs from what they seem to allow or deny, one a file."""
