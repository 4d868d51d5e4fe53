"""Importing this module loads and warms up all that a worker needs: processes that are forked afterwards share it."""

from __future__ import annotations

import gc
import os

import stackguard.audit.engine.worker
import stackguard.audit.store.shards  # noqa: F401
from policypack.policies import POLICIES
from stackguard.audit.engine.paths import OURS, SAFE_PATH
from stackguard.gate.judging import warm_up

if os.environ.get(SAFE_PATH) == OURS:
    del os.environ[SAFE_PATH]
warm_up(POLICIES)
gc.collect()
gc.freeze()
