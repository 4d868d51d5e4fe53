"""Policies about S3 buckets, one a file."""
