"""Every input that a fuzzer has found or begins with goes through its parser again; see docs/engine-tests.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fuzz.mutation import mutated
from tests.fuzz.targets import OF_JSON, TARGETS

CORPUS = Path(__file__).parent / "corpus"


def test_each_target_has_a_corpus_and_the_corpora_stay_small() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)
    assert sum(file.stat().st_size for file in CORPUS.rglob("*") if file.is_file()) < 1_000_000


@pytest.mark.parametrize("target", TARGETS)
def test_a_corpus_gives_no_finding(target: str) -> None:
    files = sorted((CORPUS / target).iterdir())
    assert files
    for file in files:
        try:
            TARGETS[target](file.read_bytes())
        except Exception as error:
            error.add_note(str(file))
            raise


def test_mutated_json_is_json_and_the_same_for_the_same_seed() -> None:
    assert set(TARGETS) >= OF_JSON
    data = b'{"a": [1, {"b": "x"}]}'
    results = [mutated(data, 100, seed, lambda same, _: same) for seed in range(200)]
    assert results == [mutated(data, 100, seed, lambda same, _: same) for seed in range(200)]
    assert len({json.dumps(json.loads(result)) for result in results}) > 20
