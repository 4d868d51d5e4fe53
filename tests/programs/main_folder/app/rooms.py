"""A module beside the program."""

NAME = "room"
