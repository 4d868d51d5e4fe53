"""Handlers in languages without a parser here: the text of a file in, the names that it defines out, or None if it is unclear."""
