"""Run times of the gate and the pack, against the bare cost of what they wrap, in one run."""
