"""The service that a Pulumi program tells its log: `Engine`.

Source: proto/pulumi/engine.proto of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.empty_pb2 import Empty

from stackguard.preview.server import protos
from stackguard.preview.server.registry import Registry


class Engine(protos.engine_pb2_grpc.EngineServicer):
    """Takes the program's log. An error in it alone does not fail a preview, as in Pulumi: the exit code does."""

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
        """The stack's URN, told by an older SDK; its registration told it already."""
        return protos.engine_pb2.SetRootResourceResponse()

    async def StartDebugging(self, _request: Any, _context: Any) -> Empty:  # noqa: N802
        """A debugger waits; nobody attaches to one here."""
        return Empty()

    async def RequirePulumiVersion(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """A wish about the CLI's version; there is no CLI."""
        return protos.engine_pb2.RequirePulumiVersionResponse()
