"""The access engine for people and scripts: who is let in, and what a change newly allows."""
