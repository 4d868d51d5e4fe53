"""Grants that are properties of a resource: the inputs of each type come in, and patterns of who may do what go out."""
