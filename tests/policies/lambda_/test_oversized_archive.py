from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from policypack.core.examples import HANDLER, texts
from policypack.core.policy import UNKNOWN, Asset
from policypack.policies.lambda_.oversized_archive import POLICY
from tests.policies.helpers import messages, outcomes, silent, undecided, undecided_with, violations
from tests.policies.packages import ELSEWHERE, READ_ELSEWHERE, UNREADABLE, function, layer, with_layers, zipped

MB = 1024**2


def sparse(folder: Path, **megabytes: float) -> Asset:
    """A folder with packages of these sizes, which take no space on the disk."""
    folder.mkdir()
    (folder / "index.py").write_text(HANDLER)
    for name, size in megabytes.items():
        (folder / name).mkdir()
        with (folder / name / "data.bin").open("wb") as file:
            file.truncate(int(size * MB))
    return Asset(path=str(folder), archive=True)


def stored(path: Path, size: int) -> Asset:
    """A zip file of that many bytes."""
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("data.bin", bytes(size - 114))
    assert path.stat().st_size == size
    return Asset(path=str(path), archive=True)


def test_what_unzips_to_too_much_names_the_heaviest(tmp_path: Path) -> None:
    code = sparse(tmp_path / "code", pyarrow=140, pandas=60.25, numpy=49, scipy=1.5, boto3=20)
    assert violations(POLICY, function(code)) == ["code"]
    assert messages(POLICY, function(code)) == [
        "unzips to 270.8 MB, and Lambda accepts 250 MB; the heaviest: `pyarrow` 140 MB, `pandas` 60.3 MB, `numpy` 49 MB"
    ]


def test_the_limit_itself_is_not_too_much(tmp_path: Path) -> None:
    at_the_limit = (262_144_000 - len(HANDLER)) / MB
    assert outcomes(POLICY, function(sparse(tmp_path / "a", data=at_the_limit))) == []
    over = messages(POLICY, function(sparse(tmp_path / "b", data=at_the_limit + 1 / MB)))
    assert "unzips to 250.1 MB" in over[0]


def test_a_zip_file_is_uploaded_as_it_is(tmp_path: Path) -> None:
    assert outcomes(POLICY, function(stored(tmp_path / "a.zip", 50 * MB))) == []
    large = stored(tmp_path / "b.zip", 50 * MB + 1)
    assert messages(POLICY, function(large)) == [
        "is 50.1 MB zipped, and Lambda accepts at most 50 MB unless the zip file is uploaded through S3"
    ]
    assert messages(POLICY, layer(large)) == messages(POLICY, function(large))


def test_a_zip_file_that_shrinks_well_is_judged_by_what_it_unzips_to(tmp_path: Path) -> None:
    code = zipped(tmp_path / "code.zip", {"data.csv": bytes(251 * MB)})
    assert Path(code.path or "").stat().st_size < MB
    assert messages(POLICY, function(code)) == [
        "unzips to 251 MB, and Lambda accepts 250 MB; the heaviest: `data.csv` 251 MB"
    ]


@pytest.mark.parametrize("known", [True, False])
def test_layers_count_with_the_code(known: bool, tmp_path: Path) -> None:  # noqa: FBT001
    deps = layer(sparse(tmp_path / "deps", python=200))
    run = function(sparse(tmp_path / "code", model=60))
    stack = with_layers(run, deps, known=known)
    assert violations(POLICY, *stack) == ["layers"]
    assert messages(POLICY, *stack) == [
        "unzip, with the function's code, to 260.1 MB, and Lambda accepts 250 MB; the heaviest: `data.bin` 200 MB, `model` 60 MB, `index.py` 0.1 MB"
    ]
    assert outcomes(POLICY, run, deps) == []
    assert outcomes(POLICY, *with_layers(function(texts({"index.py": HANDLER})), deps, known=known)) == []


def test_a_layer_is_too_large_by_itself(tmp_path: Path) -> None:
    deps = layer(sparse(tmp_path / "deps", data=251))
    assert "unzips to 251.1 MB" in messages(POLICY, deps)[0]
    in_a_bucket = function(None, s3Bucket="code", s3Key="read.zip")
    assert violations(POLICY, *with_layers(in_a_bucket, deps)) == ["code", "layers"]


def test_a_function_has_five_layers_at_most() -> None:
    code = texts({"index.py": HANDLER})
    assert violations(POLICY, function(code, layers=[UNKNOWN] * 6)) == ["layers"]


def test_a_layer_that_may_be_one_of_the_stack_is_undecided() -> None:
    run = function(texts({"index.py": HANDLER}), layers=UNKNOWN)
    assert undecided(POLICY, run, layer(texts({"python/a.py": ""}))) == ["layers"]
    assert outcomes(POLICY, run) == []


test_code_that_cannot_be_read = undecided_with(POLICY, *UNREADABLE, (layer(UNKNOWN), "code", "known only after"))
test_code_that_is_elsewhere = silent(
    POLICY, *READ_ELSEWHERE, function(None, packageType="Image", imageUri=UNKNOWN, layers=[ELSEWHERE] * 6)
)
