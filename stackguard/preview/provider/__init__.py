"""The aws provider as far as a preview sees it: a resource's inputs or a function's arguments, in; what AWS computes, out."""
