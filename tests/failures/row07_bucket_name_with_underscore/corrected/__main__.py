"""A bucket of orders."""

import sys

sys.path.append("../..")
from protected import protected_bucket

protected_bucket("orders", "acme-orders-111122223333")
