"""Orders are read over TLS only, and by the partner."""

import sys

sys.path.append("../..")
from protected import protected_bucket

PARTNER = {
    "Sid": "Partner",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::444455556666:role/partner"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::acme-orders-111122223333/*",
}

orders = protected_bucket("orders", "acme-orders-111122223333", statements=[PARTNER])
