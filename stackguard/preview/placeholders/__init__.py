"""What only the cloud knows: the placeholders that stand in for it, the mock files that answer it, and what stays unseen."""
