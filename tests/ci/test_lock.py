from __future__ import annotations

import pytest

from tools.lock import LOCKS, ROOT, differences, read

ONE = "boto3==1.40.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
MARKED = "tomli==2.0.1 ; python_full_version < '3.13' \\\n    --hash=sha256:cc\n"


@pytest.mark.parametrize("resolved", [ONE + MARKED, MARKED + ONE, ONE + MARKED + "    --hash=sha256:new\n"])
def test_order_and_files_published_since_are_no_difference(resolved: str) -> None:
    resolved = resolved.replace("sha256:cc\n    --hash", "sha256:cc \\\n    --hash")
    assert list(differences(ONE + MARKED, resolved)) == []


@pytest.mark.parametrize(
    ("locked", "resolved", "line"),
    [
        (ONE, ONE + MARKED, "lacks tomli==2.0.1 ; python_full_version < '3.13'"),
        (ONE + MARKED, ONE, "has tomli==2.0.1 ; python_full_version < '3.13', which nothing requires"),
        (ONE, ONE.replace("1.40.1", "1.41.0"), "lacks boto3==1.41.0"),
        (MARKED, MARKED.replace("3.13", "3.12"), "lacks tomli==2.0.1 ; python_full_version < '3.12'"),
        (ONE, ONE.replace(":bb", ":dd"), "has 1 hashes for boto3==1.40.1 that no published file has"),
        ("boto3==1.40.1\n", ONE, "has no hash for boto3==1.40.1"),
        (
            "boto3 @ git+https://example.com/boto3\n",
            ONE,
            "has boto3 @ git+https://example.com/boto3, which nothing requires",
        ),
    ],
)
def test_a_difference_is_named(locked: str, resolved: str, line: str) -> None:
    assert line in list(differences(locked, resolved))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.file)
def test_a_lock_has_hashes_and_names_no_registry(lock: object) -> None:
    text = (ROOT / lock.file).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert read(text)
    assert all(read(text).values())
    assert "://" not in text
