"""Work on records that nothing runs: the code of a handler goes in, the work that is left undone comes out."""
