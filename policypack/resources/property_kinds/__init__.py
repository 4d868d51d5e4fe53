"""What a property takes: a type, a property and a value in, what the value cannot be out."""
