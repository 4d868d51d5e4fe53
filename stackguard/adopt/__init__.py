"""Adoption: a folder of a repository comes in, a plan of the files that `stackguard init` writes there goes out."""
