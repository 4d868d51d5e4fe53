"""The difference of two stacks: both come in, and each class of requests that is newly allowed goes out."""
