"""Paths: several stacks as one go in, and the shortest ways from outside, or from an identity, to a resource come out."""
