"""Why access is new besides a document: two stacks go in, the gains of one reason come out."""
