"""Policies of the operator's own: work that runs their code goes in; its result, its output and its end come out.

Their code can end its process, print anything, and leave processes: so it runs in a fork, and nothing of it is left.
"""
