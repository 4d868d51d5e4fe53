"""Any file is read, or is an error of one line; an export is the same in blocks of any size."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from stackguard.errors import CannotJudge
from tests.sources.states import (
    BUCKET,
    COMPONENT,
    SIGNATURE,
    UNKNOWN_STRING,
    as_bytes,
    decrypted,
    encrypted,
    export,
    parsed,
    refused,
    resources,
    state,
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(
        [
            UNKNOWN_STRING,
            "[secret]",
            "1b47061264138c4ac30d75fd1eb44270",
            "d0e6a833031e9bbcd3f4e8bde6ca49a4",
            "c44067f5952c0a294b673a41bacd8c17",
            "0def7320c3a5731c473e5ecbe6d01bc7",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text() | st.sampled_from([SIGNATURE, "value", "plaintext", "assets", "path", "urn", "id", "__x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
STATE = st.fixed_dictionaries(
    {},
    optional={
        "urn": st.sampled_from([BUCKET, COMPONENT, "urn:pulumi:a::b::c::d", "urn:pulumi:"]) | JSON,
        "type": st.just("aws:s3/bucket:Bucket") | JSON,
        "custom": st.booleans() | JSON,
        "inputs": JSON,
        "outputs": JSON,
        "provider": st.text() | JSON,
        "dependencies": st.lists(st.text()) | JSON,
        "propertyDependencies": st.dictionaries(st.text(), st.lists(st.text())) | JSON,
        "sourcePosition": st.text() | st.just("project:///a.py#99999999999999999999"),
    },
)
EXPORT = st.fixed_dictionaries(
    {},
    optional={
        "version": st.integers(0, 6) | JSON,
        "deployment": st.fixed_dictionaries({"resources": st.lists(STATE, max_size=3) | JSON}) | JSON,
        "checkpoint": st.fixed_dictionaries({"latest": JSON}) | JSON,
        "steps": st.lists(st.fixed_dictionaries({"op": st.just("same"), "newState": STATE}), max_size=2) | JSON,
        "changeSummary": JSON,
        "latest": JSON,
        "manifest": JSON,
    },
)


def loads_or_refuses(data: bytes) -> None:
    try:
        loaded = parsed(data, "x")
    except CannotJudge as error:
        message = error.message
    else:
        message = "read"
        assert all(resource.urn for resource in loaded.resources)
    assert message
    assert "\n" not in message


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    loads_or_refuses(data)


@given(EXPORT | JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    loads_or_refuses(json.dumps(value).encode())


EXPORTED = as_bytes(
    export(
        [*resources(), state("a:b:C", "c", {"n": -1.5e-3, 'ü"': "\\é", "s": decrypted([None, True]), "e": encrypted()})]
    )
)


@given(st.integers(1, 80))
def test_an_export_is_the_same_read_in_blocks_of_any_size(block: int) -> None:
    assert parsed(EXPORTED, block=block).resources == parsed(EXPORTED).resources


@given(st.integers(0, len(EXPORTED) - 1), st.binary(max_size=3), st.integers(0, 40))
def test_an_export_that_is_changed_anywhere_is_read_or_refused(at: int, inserted: bytes, removed: int) -> None:
    loads_or_refuses(EXPORTED[:at] + inserted + EXPORTED[at + removed :])


@given(st.lists(st.sampled_from(EXPORTED.split(b'"')), max_size=30))
def test_pieces_of_an_export_in_any_order_are_read_or_refused(pieces: list[bytes]) -> None:
    loads_or_refuses(b'{"deployment": {"resources": [{"' + b'"'.join(pieces))


@given(st.integers(0, len(as_bytes(export())) - 1))
@example(as_bytes(export()).index(b"3.") + 2)
def test_an_export_that_is_cut_off_anywhere_is_refused(length: int) -> None:
    message = refused(as_bytes(export())[:length])
    assert "ends in the middle of its JSON" in message or (length == 0 and "is empty" in message)
