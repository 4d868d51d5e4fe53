"""Policies about DynamoDB tables, one a file."""
