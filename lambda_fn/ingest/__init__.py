"""The function behind the ingest bucket: orders in CSV or JSON Lines become normalised JSON Lines and a summary."""
