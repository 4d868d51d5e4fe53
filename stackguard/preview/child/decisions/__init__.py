"""Finds decisions on unknown values and their possible effects: a function or its code comes in; yes or no goes out."""
