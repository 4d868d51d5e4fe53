"""Policies about IP addresses and networks in conditions, one a file."""
