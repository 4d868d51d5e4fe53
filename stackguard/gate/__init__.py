"""The gate: a request goes in, a report comes out."""
