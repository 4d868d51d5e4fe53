"""Privilege escalation: an identity's documents come in, and its ways to other identities' permissions go out."""
