"""Frameworks of controls in reports: a `RollUp` goes in, lines of text, JSON or parts of SARIF come out."""
