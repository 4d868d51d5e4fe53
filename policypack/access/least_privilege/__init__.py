"""Least privilege: what a function's code calls and its role allows, in; what is missing or over, out."""
