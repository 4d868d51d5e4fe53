"""Other CrossGuard policy packs: resources go in, outcomes and notes come out, by the engine's Analyzer protocol.

Importing this package imports neither Pulumi nor gRPC; `pool` does.
Source: pkg/engine/update.go, pkg/resource/deploy/step_generator.go and sdk/go/common/resource/plugin/analyzer_plugin.go
of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PackSpec:
    """A policy pack to run: its folder and its configuration file, if any."""

    folder: Path
    config: Path | None = None
