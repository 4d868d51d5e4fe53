"""How long the gate and the pack take, against the bare cost of what they wrap, in one run."""
