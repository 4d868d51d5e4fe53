"""Finds what decides on an unknown value, and what can follow: a function or its code in, yes or no out."""
