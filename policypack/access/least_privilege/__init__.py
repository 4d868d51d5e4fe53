"""Least privilege: a function's calls and its role's documents come in, and missing and excess permissions go out."""
