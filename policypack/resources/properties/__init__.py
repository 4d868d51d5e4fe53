"""Properties that mean the same in resources of many types; a stack or a resource in, typed values with their paths out."""
