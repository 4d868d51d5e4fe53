"""What runs in the program's own interpreter: it depends on nothing of ours, and talks to the server."""
