"""The gate: a request for judgement in, a report out."""
