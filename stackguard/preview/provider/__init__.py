"""The aws provider in a preview: inputs of a resource or arguments of a function come in; what AWS computes goes out."""
