"""Importing this module loads and warms up all that a worker needs: processes that are forked afterwards share it."""

from __future__ import annotations

import gc
import os

gc.disable()  # nearly all that is imported stays: looking for garbage takes a fifth of the time

import stackguard.audit.engine.worker  # noqa: E402
import stackguard.audit.store.shards  # noqa: E402, F401
from policypack.policies import POLICIES  # noqa: E402
from stackguard.audit.engine.forking import OURS, SAFE_PATH  # noqa: E402
from stackguard.gate.judging import warm_up  # noqa: E402

if os.environ.get(SAFE_PATH) == OURS:
    del os.environ[SAFE_PATH]
warm_up(POLICIES)
gc.collect()
gc.freeze()
gc.enable()
