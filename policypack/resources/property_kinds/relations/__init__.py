"""What a resource says of another one: a stack or a text that names others goes in, what does not fit comes out."""
