from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.audit.serve.serving import Served, hostile_store, served


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with served(hostile_store(folder), folder / "config" / "views.json") as running:
        yield running
