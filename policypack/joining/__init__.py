"""What many stacks say together: the facts of each go in, and the outcomes that differ from those of one stack come out."""
