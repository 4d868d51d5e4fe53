"""Policies about what Pulumi's preview cannot know, one a file."""
