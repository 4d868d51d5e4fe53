"""A policy pack that reports nothing and writes each request of the engine, a JSON line each, into `RECORDER_FILE`."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy
from pulumi_policy import policy as sdk

FILE = Path(os.environ["RECORDER_FILE"])
WRITING = threading.Lock()
"""The server has several threads."""


def record(method: str) -> None:
    """Write each request of a method before the server answers it."""
    servicer = sdk._PolicyAnalyzerServicer
    answer = getattr(servicer, method)

    def written(self: Any, request: Any, context: Any) -> Any:
        line = json.dumps([method, MessageToDict(request)], ensure_ascii=False, sort_keys=True)
        with WRITING, FILE.open("a", encoding="utf-8") as lines:
            lines.write(f"{line}\n")
        return answer(self, request, context)

    setattr(servicer, method, written)


for analyzer_method in ("ConfigureStack", "Analyze", "AnalyzeStack"):
    record(analyzer_method)

PolicyPack(
    name="recorder",
    enforcement_level=EnforcementLevel.ADVISORY,
    policies=[ResourceValidationPolicy(name="record", description="Records", validate=lambda _args, _report: None)],
)
