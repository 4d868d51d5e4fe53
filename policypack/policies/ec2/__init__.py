"""Policies about EC2's security groups and network ACLs, one a file."""
