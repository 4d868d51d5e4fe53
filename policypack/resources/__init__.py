"""The resolver: a property of a resource goes in, and the resources of the stack that it refers to come out."""
