"""The solver: policy documents come in, and a request that one allows and another does not goes out.

The encoder splits requests into cells (`bounds`, `substitution`, `variables`, `infixes`, `conditions`, `partition`, `dimensions`,
`callers`), the search is in `request_space` and `every_request`, the decoder is `witness`, and `diff` asks the questions.
"""
