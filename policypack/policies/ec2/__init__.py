"""Policies about EC2's security groups, one a file."""
