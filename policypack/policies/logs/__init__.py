"""Policies about CloudWatch Logs, one a file."""
