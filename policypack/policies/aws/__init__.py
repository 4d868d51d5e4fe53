"""Policies about AWS resources of any service, one a file."""
