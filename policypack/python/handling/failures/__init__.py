"""Takes the loops of a function; returns what hides that a record failed in one, and the reports of failures to Lambda."""
