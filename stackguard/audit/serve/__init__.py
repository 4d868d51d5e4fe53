"""The store as a web page of this machine: requests with a token go in, pages come out; nothing is written to the store."""
