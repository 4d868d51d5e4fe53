"""Policies about IAM policy documents, roles and attachments, a folder for each family."""
