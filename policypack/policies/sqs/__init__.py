"""Policies about SQS queues, one a file."""
