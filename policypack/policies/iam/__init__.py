"""Policies about IAM policy documents, roles and attachments, one a file."""
