"""Policies about Lambda functions: code, permissions and roles, one a file."""
