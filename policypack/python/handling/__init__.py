"""Takes a reading of a handler's code; returns what the handler does with the records of its event."""
