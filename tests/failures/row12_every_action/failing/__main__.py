"""A function reads the orders and writes the results."""

import sys

sys.path.append("../..")
from protected import NORMALISER, function, protected_bucket

GRANTS = [
    {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
    },
]

orders = protected_bucket("orders", "acme-orders-111122223333")
results = protected_bucket("results", "acme-results-111122223333")
normalise = function("normalise", statements=GRANTS, code=NORMALISER)
