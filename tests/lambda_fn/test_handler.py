"""Every record is handled, failures are reported and retried, and a redelivery changes nothing."""

from __future__ import annotations

import copy
import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from ingest import handler, normalise
from ingest.errors import RecordsFailedError, RefusedError
from ingest.orders import Order
from ingest.results import Tally
from ingest.settings import SettingsError

from tests.lambda_fn.world import ACCOUNT, INGEST, NORMALISED, ORDER, RESULTS, Context, as_csv, as_jsonl, order

if TYPE_CHECKING:
    from tests.lambda_fn.world import World


def test_every_record_is_ingested(world: World) -> None:
    records = [world.upload(f"incoming/{n}.csv", as_csv([order(order_id=f"o-{n}")])) for n in range(3)]
    world.deliver(*records)
    for n, record in enumerate(records):
        assert world.rows(record, f"{n}.csv") == [NORMALISED | {"order_id": f"o-{n}"}]


def test_one_bad_record_in_the_middle_loses_no_other(world: World) -> None:
    first = world.upload("incoming/first.csv", as_csv([ORDER]))
    bad = world.upload("incoming/bad.csv", b"not,the,header\n1,2,3\n")
    last = world.upload("incoming/last.jsonl", as_jsonl([ORDER]))
    with pytest.raises(RecordsFailedError) as raised:
        world.deliver(first, bad, last)
    assert "1 of 3 records" in str(raised.value)
    assert f"{INGEST}/incoming/bad.csv is refused: the header is not" in str(raised.value)
    assert world.rows(first, "first.csv") == world.rows(last, "last.jsonl") == [NORMALISED]
    assert len(world.results()) == 4, "the bad record wrote nothing"


@pytest.mark.parametrize("junk", [None, 7, "text", [], {}, {"eventSource": "aws:s3"}, {"s3": {"bucket": None}}])
def test_a_record_of_another_shape_is_named_by_its_position(world: World, junk: object) -> None:
    good = world.upload("incoming/a.csv", as_csv([ORDER]))
    with pytest.raises(RecordsFailedError, match=r"1 of 2 records are not done: record 1 is refused: `event"):
        world.deliver(junk, good)
    assert world.rows(good, "a.csv") == [NORMALISED]


def test_a_record_that_s3_denies_is_reported_by_its_code(world: World) -> None:
    gone = world.upload("incoming/gone.csv", as_csv([ORDER]))
    world.s3.delete_object(Bucket=INGEST, Key="incoming/gone.csv", VersionId=gone["s3"]["object"]["versionId"])
    good = world.upload("incoming/a.csv", as_csv([ORDER]))
    with pytest.raises(RecordsFailedError, match=r"gone.csv failed: `GetObject` answered `NoSuchVersion`"):
        world.deliver(gone, good)
    assert world.rows(good, "a.csv") == [NORMALISED]


def test_an_unexpected_error_is_a_failure_of_its_record_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    parse = Order.parse

    def broken(row: dict[str, object]) -> object:
        if row["order_id"] == "trap":
            raise RuntimeError("sprung")
        return parse(row)

    monkeypatch.setattr(Order, "parse", broken)
    trap = world.upload("incoming/trap.csv", as_csv([order(order_id="trap")]))
    good = world.upload("incoming/a.csv", as_csv([ORDER]))
    with pytest.raises(RecordsFailedError, match=r"trap.csv failed: unexpected `RuntimeError`"):
        world.deliver(trap, good)
    assert world.rows(good, "a.csv") == [NORMALISED]
    failed = world.log()[0]
    assert "test_handler.py" in "".join(failed["frames"]), "the log has the place"


def test_redelivery_writes_the_same_bytes_under_the_same_keys(world: World) -> None:
    event = {"Records": [world.upload("incoming/a.csv", as_csv([ORDER, order(currency="XXX")]))]}
    world.send(event)
    before = world.results()
    world.send(copy.deepcopy(event))
    assert world.results() == before
    assert len(before) == 2


def test_retry_after_a_partial_failure_completes_without_repeating_keys(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, late = (world.upload(f"incoming/{name}.csv", as_csv([ORDER])) for name in ("good", "late"))
    client = handler.s3_client()
    put = client.put_object

    def busy(**params: Any) -> object:
        if "summaries/late" in str(params["Key"]):
            raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")
        return put(**params)

    monkeypatch.setattr(client, "put_object", busy)
    with pytest.raises(RecordsFailedError, match=r"late.csv failed: `PutObject` answered `SlowDown`"):
        world.deliver(good, late)
    before = world.results()
    assert len(before) == 3, "a result without its summary is not whole yet"
    monkeypatch.setattr(client, "put_object", put)
    world.deliver(good, late)
    after = world.results()
    assert len(after) == 4
    assert before.items() <= after.items()


def test_a_late_event_of_an_older_version_does_not_touch_the_newer_result(world: World) -> None:
    older = world.upload("incoming/a.csv", as_csv([order(note="older")]))
    newer = world.upload("incoming/a.csv", as_csv([order(note="newer")]))
    world.deliver(newer)
    before = world.results()
    world.deliver(older)
    assert before.items() <= world.results().items()
    assert world.rows(older, "a.csv")[0]["note"] == "older"
    assert world.rows(newer, "a.csv")[0]["note"] == "newer"
    last = max(key for key in world.results() if key.startswith("normalised/a.csv/"))
    assert newer["s3"]["object"]["sequencer"] in last, "the newest result is the last in the listing"


@pytest.mark.parametrize("name", ["with space.csv", "a+b.csv", "é/ü 漢字 😀.csv", "50%25.csv", "a//b&c=d.csv"])
def test_keys_are_decoded(world: World, name: str) -> None:
    record = world.upload(f"incoming/{name}", as_csv([ORDER]))
    world.deliver(record)
    assert world.rows(record, name) == [NORMALISED]
    assert world.summary(record, name)["source"]["key"] == f"incoming/{name}"


def test_a_key_that_is_not_text_is_refused(world: World) -> None:
    record = world.upload("incoming/a.csv", as_csv([ORDER]))
    record["s3"]["object"]["key"] = "incoming/%FF.csv"
    with pytest.raises(RecordsFailedError, match=r"record 1 is refused: `s3.object.key` does not decode"):
        world.deliver(record)


def test_the_calls_are_those_the_role_allows(world: World) -> None:
    record = world.upload("incoming/a.csv", as_csv([ORDER]))
    world.deliver(record)
    assert [name for name, _ in world.calls] == ["GetObject", "PutObject", "PutObject"]
    read, *written = (params for _, params in world.calls)
    assert read["VersionId"] == record["s3"]["object"]["versionId"]
    assert {params["Bucket"] for params in written} == {RESULTS}
    assert [params["Key"].split("/")[0] for params in written] == ["normalised", "summaries"]
    assert {params["ExpectedBucketOwner"] for _, params in world.calls} == {ACCOUNT}


def test_an_event_without_the_id_of_the_upload_request_is_handled(world: World) -> None:
    record = world.upload("incoming/a.csv", as_csv([ORDER]))
    del record["responseElements"]
    world.deliver(record)
    assert world.rows(record, "a.csv") == [NORMALISED]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"eventName": "ObjectRemoved:Delete"}, "`eventName` is not the creation"),
        ({"eventSource": "aws:sqs"}, "`eventSource` is not `aws:s3`"),
        ({"s3": {"object": {"versionId": "null"}}}, "`versionId` is missing"),
        ({"s3": {"object": {"sequencer": "../x"}}}, "`sequencer` is not hexadecimal"),
        ({"s3": {"object": {"sequencer": ""}}}, "`s3.object.sequencer` is missing"),
        ({"s3": {"bucket": {"name": RESULTS}}}, "would trigger itself"),
        ({"s3": {"object": {"key": "elsewhere/a.csv"}}}, "outside the ingest prefix `incoming/`"),
        ({"s3": {"object": {"key": f"incoming/{'x' * 1000}.csv"}}}, "the key is too long"),
    ],
)
def test_records_that_are_not_for_us_are_refused_before_any_call(
    world: World, change: dict[str, object], reason: str
) -> None:
    record = world.upload("incoming/a.csv", as_csv([ORDER]))
    with pytest.raises(RecordsFailedError, match=re.escape(reason)):
        world.deliver(_merged(record, change))
    assert world.calls == []


def test_the_test_event_of_a_new_notification_is_no_error(world: World) -> None:
    world.send({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": INGEST, "RequestId": "5582815E1AEA5ADF"})
    assert world.results() == {}
    assert [line["message"] for line in world.log()] == ["test event: the notification is set up"]


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Records": {}}, {"source": "aws.s3", "detail": {}}, [], None])
def test_events_of_another_shape_are_refused(world: World, event: object) -> None:
    with pytest.raises(RefusedError, match=r"not an S3 notification"):
        world.send(event)


def test_records_of_a_queue_are_refused_each(world: World) -> None:
    with pytest.raises(RecordsFailedError, match=r"2 of 2 records.*S3 must invoke the function itself"):
        world.deliver({"eventSource": "aws:sqs", "body": "{}"}, {"EventSource": "aws:sns", "Sns": {}})


def test_wrong_settings_are_all_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"RESULTS_BUCKET": "", "INGEST_PREFIX": "incoming", "MAX_OBJECT_BYTES": "lots"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=r"`RESULTS_BUCKET`.*`INGEST_PREFIX`.*`MAX_OBJECT_BYTES`"):
        world.deliver(world.upload("incoming/a.csv", as_csv([ORDER])))


def test_records_share_the_time_that_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts: list[float] = []

    def note_deadline(*arguments: Any) -> Tally:
        timeouts.append(arguments[-1] - time.monotonic())
        return Tally()

    monkeypatch.setattr(handler, "ingest", note_deadline)
    world.deliver(*[world.upload("incoming/a.csv", b"")] * 4, context=Context(seconds=40))
    assert timeouts == pytest.approx([7, 28 / 3, 14, 28], abs=1)


def test_a_slow_record_leaves_time_for_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    parse = Order.parse

    def slow(row: dict[str, object]) -> object:
        if row["order_id"] == "slow":
            time.sleep(0.01)
        return parse(row)

    monkeypatch.setattr(Order, "parse", slow)
    records = [
        world.upload("incoming/slow.csv", as_csv([order(order_id="slow")] * 300)),
        world.upload("incoming/a.csv", as_csv([ORDER])),
    ]
    with pytest.raises(RecordsFailedError, match=r"1 of 2 .*slow.csv failed: its share of the time is used up"):
        world.deliver(*records, context=Context(seconds=2))
    assert world.rows(records[1], "a.csv") == [NORMALISED]


def test_logs_and_metrics_report_each_record(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    good = world.upload("incoming/a.csv", as_csv([ORDER, order(amount="-1")]))
    with pytest.raises(RecordsFailedError):
        world.deliver(good, world.upload("incoming/a.txt", b""))
    succeeded, failed = world.log()
    assert succeeded["correlation_id"] == good["responseElements"]["x-amz-request-id"]
    assert succeeded["function_request_id"] == Context.aws_request_id
    assert (succeeded["object"], succeeded["accepted"], succeeded["rejected"]) == (f"{INGEST}/incoming/a.csv", 1, 1)
    assert (failed["level"], failed["object"], failed["permanent"]) == ("ERROR", f"{INGEST}/incoming/a.txt", True)
    metrics = json.loads(capsys.readouterr().out)
    counted = {name: sum(metrics[name]) for name in ("Events", "RecordsFailed", "RowsAccepted", "RowsRejected")}
    assert counted == {"Events": 1, "RecordsFailed": 1, "RowsAccepted": 1, "RowsRejected": 1}


MARKER = "s3cr3t-marker"


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("rows.csv", as_csv([order(note=MARKER), *({**ORDER, column: f"{MARKER}!\x01"} for column in ORDER)])),
        ("rows.jsonl", as_jsonl([order(note=MARKER), {**ORDER, MARKER: MARKER}, [MARKER], MARKER])),
        ("syntax.jsonl", f'{{"{MARKER}": {MARKER}\n"{MARKER}\n'.encode()),
        ("header.csv", f"{MARKER},{MARKER}\n".encode()),
        ("quotes.csv", as_csv([]) + f'"{MARKER}" {MARKER}\n"{MARKER}'.encode()),
        ("bytes.csv", as_csv([]) + MARKER.encode() + b"\xff"),
        ("long.csv", as_csv([]) + MARKER.encode() * 10_000),
        ("unexpected.csv", as_csv([order(customer_id="trap")])),
    ],
)
def test_no_contents_leave_by_the_log_the_error_or_the_summary(
    world: World, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, key: str, body: bytes
) -> None:
    if key == "unexpected.csv":
        monkeypatch.setattr(normalise, "json_line", lambda _: (_ for _ in ()).throw(ValueError(MARKER)))
    record = world.upload(f"incoming/{key}", body)
    written = ""
    try:
        world.deliver(record)
    except RecordsFailedError as error:
        written = f"{error} {error.failures}"
    else:
        summary = world.summary(record, key)
        assert summary["rows"]["rejected"] > 0
        written = json.dumps(summary)
    printed = capfd.readouterr()
    assert key in world.logged.getvalue()
    assert MARKER not in world.logged.getvalue() + written + printed.out + printed.err


def _merged(base: dict[str, object], change: dict[str, object]) -> dict[str, object]:
    merged = dict(base)
    for name, value in change.items():
        inner = merged.get(name)
        merged[name] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged
