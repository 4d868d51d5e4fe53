"""What closes buckets: settings that no longer do in the new stack, also for what neither stack shows (decision 94)."""
