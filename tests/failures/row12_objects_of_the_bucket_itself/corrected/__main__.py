"""A function reads the orders and writes the results."""

import sys

sys.path.append("../..")
from protected import NORMALISER, function, protected_bucket

GRANTS = [
    {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-orders-111122223333/incoming/*",
    },
    {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::acme-results-111122223333/normalised/*",
    },
    {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::acme-orders-111122223333",
        "Condition": {"StringLike": {"s3:prefix": "incoming/*"}},
    },
]

orders = protected_bucket("orders", "acme-orders-111122223333")
results = protected_bucket("results", "acme-results-111122223333")
normalise = function("normalise", statements=GRANTS, code=NORMALISER)
