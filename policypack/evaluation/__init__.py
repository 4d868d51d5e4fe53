"""Evaluation: policies, resources and the operator's settings go in; redacted outcomes come out."""
