"""From a function and its lock to the archive of its dependencies for the target."""
