"""Importing this module loads and warms up all that a worker needs: processes that are forked afterwards share it."""

from __future__ import annotations

import gc

import stackguard.audit.engine.worker
import stackguard.audit.store.shards  # noqa: F401
from policypack.policies import POLICIES
from stackguard.gate.judging import warm_up

warm_up(POLICIES)
gc.collect()
gc.freeze()
