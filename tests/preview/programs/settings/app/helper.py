"""Beside the program's entry, to be imported from there."""

NAME = "helped"
