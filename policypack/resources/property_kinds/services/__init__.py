"""Values that go together in one service: a resource's inputs in, the places of those that do not and clauses out."""
