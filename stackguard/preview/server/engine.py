"""The service that a Pulumi program sends its log to: `Engine`.

Source: proto/pulumi/engine.proto of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.empty_pb2 import Empty

from stackguard.preview.server import protos
from stackguard.preview.server.registry import Registry


class Engine(protos.engine_pb2_grpc.EngineServicer):
    """Receives the program's log. As in Pulumi, an error in it does not fail a preview: the exit code does."""

    def __init__(self, registry: Registry, note: Callable[[str], None]) -> None:
        self.registry = registry
        self.note = note
        self.errors: list[str] = []

    async def Log(self, request: Any, _context: Any) -> Empty:  # noqa: N802
        """A message from the program or its SDK."""
        levels = protos.engine_pb2.LogSeverity
        if request.severity == levels.Value("ERROR"):
            self.errors.append(request.message)
        if request.severity != levels.Value("DEBUG") and not request.ephemeral:
            self.note(f"{levels.Name(request.severity).lower()}: {request.message}")
        return Empty()

    async def GetRootResource(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """The stack's URN."""
        return protos.engine_pb2.GetRootResourceResponse(urn=self.registry.root)

    async def SetRootResource(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """The stack's URN, which an older SDK sends; it is known from the registration."""
        return protos.engine_pb2.SetRootResourceResponse()

    async def StartDebugging(self, _request: Any, _context: Any) -> Empty:  # noqa: N802
        """A debugger waits, which nothing attaches to here."""
        return Empty()

    async def RequirePulumiVersion(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """A constraint on the version of the CLI, which does not run here."""
        return protos.engine_pb2.RequirePulumiVersionResponse()
