"""The pack as the engine sees it: a process that speaks the Analyzer protocol."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policypack.core import wire
from policypack.core.policy import Resource, Stack

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Diagnostic:
    """One diagnostic of the pack, less its title line."""

    policy: str
    urn: str
    message: str
    mandatory: bool


def struct(values: Mapping[str, Any], secrets: frozenset[str] = frozenset()) -> struct_pb2.Struct:
    """A property map as a protobuf struct."""
    return json_format.ParseDict(wire.encode(values, secrets), struct_pb2.Struct())


class Pack:
    """A client of a running pack."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.stub = analyzer_pb2_grpc.AnalyzerStub(channel)

    def analyze(
        self, stack: Stack, config: Mapping[str, str] = MappingProxyType({}), project: str = "project"
    ) -> list[Diagnostic]:
        """What the pack says in a preview: of each resource by its inputs, then of the stack by its outputs."""
        found: list[Diagnostic] = []
        self.configure(config, project)
        for resource in stack.resources:
            if resource.external:  # the engine analyses what it manages
                continue
            request = analyzer_pb2.AnalyzeRequest(
                type=resource.type,
                name=resource.name,
                urn=resource.urn,
                properties=struct(resource.inputs, resource.secrets),
                provider=self._provider(resource, stack),
            )
            found += self._diagnostics(self.stub.Analyze(request))
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[self._stack_resource(each, stack) for each in stack.resources]
        )
        return found + self._diagnostics(self.stub.AnalyzeStack(request))

    def configure(self, config: Mapping[str, str], project: str) -> None:
        """Tell the pack that this is a preview of a stack."""
        self.stub.ConfigureStack(
            analyzer_pb2.AnalyzerStackConfigureRequest(
                stack="dev", project=project, organization="organization", dry_run=True, config=config
            )
        )

    def _provider(self, resource: Resource, stack: Stack) -> analyzer_pb2.AnalyzerProviderResource | None:
        provider = stack.by_urn.get(resource.provider)
        if provider is None:
            return None
        return analyzer_pb2.AnalyzerProviderResource(
            type=provider.type, name=provider.name, urn=provider.urn, properties=struct(provider.inputs)
        )

    def _stack_resource(self, resource: Resource, stack: Stack) -> analyzer_pb2.AnalyzerResource:
        return analyzer_pb2.AnalyzerResource(
            type=resource.type,
            name=resource.name,
            urn=resource.urn,
            properties=struct(resource.outputs or resource.inputs, resource.secrets),
            provider=self._provider(resource, stack),
            parent=resource.parent,
            dependencies=resource.dependencies,
            propertyDependencies={
                name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                for name, urns in resource.property_dependencies.items()
            },
        )

    @staticmethod
    def _diagnostics(response: analyzer_pb2.AnalyzeResponse) -> list[Diagnostic]:
        return [
            Diagnostic(
                diagnostic.policyName,
                diagnostic.urn,
                diagnostic.message.removeprefix(f"{diagnostic.description}\n"),
                diagnostic.enforcementLevel == analyzer_pb2.MANDATORY,
            )
            for diagnostic in response.diagnostics
        ]


LAUNCHER = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[2:], cwd=sys.argv[1]))"
"""Stands for the language host: it stays in the program's folder, and the pack runs in its own."""


@contextmanager
def running(folder: Path = ROOT, program: Path | None = None) -> Iterator[Pack]:
    """The pack in `folder`, started as the CLI's language host starts it, and stopped at the end.

    Without a program that it can find, it leaves unknown what is unknown.
    """
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(folder), *command],
        cwd=program or folder,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"STACKGUARD_RESOLVE_UNKNOWNS": "true" if program else "false"},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), f"the pack printed {port!r} instead of its port"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Pack(channel)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)
        if process.stdout:
            process.stdout.close()
