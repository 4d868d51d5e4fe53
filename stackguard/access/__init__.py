"""Questions about access: a policy document or a stack goes in, verdicts with example requests come out."""
