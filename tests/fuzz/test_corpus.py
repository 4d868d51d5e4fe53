"""Every input that a fuzzer has found or begins with goes through its parser again; see docs/engine-tests.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

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
