"""Libraries that are not in the archive: a name or method and its arguments in; values and AWS calls out."""
