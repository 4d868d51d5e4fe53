"""Takes an outcome and the resources of its stack; returns what its place is made of: names, statements, subjects, parts."""
