"""Other CrossGuard policy packs: starts them, and speaks the Analyzer protocol with them as Pulumi's engine does.

Importing this package imports neither Pulumi nor gRPC: `serving` does.
Source: pkg/engine/update.go, pkg/resource/deploy/step_generator.go and sdk/go/common/resource/plugin/analyzer_plugin.go
of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A policy pack to judge by: its folder and, where it is given one, its configuration file."""

    folder: Path
    config: Path | None = None
