"""The access engine: policy documents and stacks come in, and what they allow, and to whom, goes out."""
