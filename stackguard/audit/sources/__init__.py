"""Sources of an audit: what the command line names goes in, the stacks that there are come out, each readable by itself."""
