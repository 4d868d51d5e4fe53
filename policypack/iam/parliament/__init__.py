"""Parliament behind our own parser: a policy document in, its reports out, without what its old data gets wrong."""
