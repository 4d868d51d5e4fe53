"""The store of audits: rows of judged stacks go in, Parquet shards and a database that only reads them come out."""
