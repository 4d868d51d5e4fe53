"""Orders arrive in a bucket; the one for the reports was copied from another team's stack."""

import sys

sys.path.append("../..")
from protected import protected_bucket

orders = protected_bucket("orders", "acme-orders-111122223333")
reports = protected_bucket("reports", "acme-reports-111122223333")
