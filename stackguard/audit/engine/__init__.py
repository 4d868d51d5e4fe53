"""The engine of an audit: batches of stacks go in, shards in the store and their counts come out."""
