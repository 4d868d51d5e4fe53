"""Resources of several stacks go in; the names that AWS has for them, and one stack of all of them, come out."""
