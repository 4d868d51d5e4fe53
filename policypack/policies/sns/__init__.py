"""Policies about SNS topics, one a file."""
