"""A policy pack without policies that writes each request of the engine to `RECORD_FILE`, as a JSON line."""

# ruff: noqa: ARG002, N802 (the protocol names the methods and gives each a request and a context)

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

FILE = Path(os.environ["RECORD_FILE"])


class Recorder(analyzer_pb2_grpc.AnalyzerServicer):
    """Answers without violations."""

    def Handshake(self, request: Any, context: Any) -> Any:
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        return analyzer_pb2.AnalyzerInfo(name="recorder", displayName="recorder", version="0.0.1")

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="0.0.1")

    def Configure(self, request: Any, context: Any) -> Any:
        return Empty()

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        self._write("ConfigureStack", request)
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Remediate(self, request: Any, context: Any) -> Any:
        return analyzer_pb2.RemediateResponse()

    def Analyze(self, request: Any, context: Any) -> Any:
        self._write("Analyze", request)
        return analyzer_pb2.AnalyzeResponse()

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        self._write("AnalyzeStack", request)
        return analyzer_pb2.AnalyzeResponse()

    def _write(self, method: str, request: Any) -> None:
        with FILE.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"method": method, "request": MessageToDict(request)}, sort_keys=True) + "\n")


if __name__ == "__main__":
    server = grpc.server(ThreadPoolExecutor(1))
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Recorder(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 (the plugin protocol)
    server.wait_for_termination()
