"""What is read out of a handler's code: the archives it may be in, and the ways in which records are left behind."""

from __future__ import annotations

import tarfile
import textwrap
import zipfile
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Asset, Resource, Stack, Unknown
from policypack.evaluation.settings import Settings
from policypack.lambda_code.python_code import handlers
from policypack.python.model import Handling

FUNCTION = "aws:lambda/function:Function"
LEAVES = "def handler(event, context):\n    for record in event['Records']:\n        return\n"


def function(code: Any, handler: Any = "index.handler", **inputs: Any) -> Resource:
    return Resource(FUNCTION, "read", {"runtime": "python3.13", "handler": handler, "code": code, **inputs})


def archive(**files: str) -> Asset:
    """An archive of texts: `index` is `index.py`, and `a__b` is `a/b.py`."""
    members = {f"{name.replace('__', '/')}.py": Asset(text=textwrap.dedent(text)) for name, text in files.items()}
    return Asset(archive=True, members=members)


def read(resource: Resource) -> Handling | Unknown | None:
    readings = list(handlers(Stack([resource], Settings())))
    assert len(readings) <= 1
    return readings[0][2] if readings else None


def ways(text: str, **files: str) -> list[str]:
    """What a handler in `index.py` does with records: `3 returns`, and `2 picks` if one record is taken."""
    result = read(function(archive(index=text, **files)))
    assert isinstance(result, Handling), result
    left = [f"{exit_.place.line} {exit_.how}" for exit_ in result.exits]
    left += [f"{place.line} is never run" for place in result.idle]
    return left + [f"{pick.place.line} picks" for pick in result.partial]


def body(text: str) -> str:
    return "def handler(event, context):\n" + textwrap.indent(textwrap.dedent(text).strip("\n"), "    ") + "\n"


LEFT = {
    "return": ("for r in event['Records']:\n    work(r)\n    return 1", ["4 returns"]),
    "break": ("for r in event['Records']:\n    work(r)\n    break", ["4 breaks off"]),
    "raise": ("for r in event['Records']:\n    if bad(r):\n        raise ValueError(r)", ["4 raises"]),
    "get": ("for r in event.get('Records', []):\n    return r", ["3 returns"]),
    "named": ("records = event['Records']\nfor r in records:\n    return r", ["4 returns"]),
    "or": ("records = event.get('Records') or []\nfor r in records:\n    return r", ["4 returns"]),
    "enumerate": ("for i, r in enumerate(event['Records']):\n    if i > 3:\n        break", ["4 breaks off"]),
    "sorted": ("for r in sorted(reversed(list(event['Records'])), key=by):\n    return r", ["3 returns"]),
    "range": ("for i in range(len(event['Records'])):\n    return work(event['Records'][i])", ["3 returns"]),
    "keys": (
        "keys = [r['s3']['object']['key'] for r in event['Records']]\nfor k in keys:\n    return k",
        ["4 returns"],
    ),
    "bad record first": (
        "for r in event['Records']:\n    if bad(r):\n        return {'statusCode': 400}\nfor r in event['Records']:\n    work(r)",
        ["4 returns"],
    ),
    "inner loop": (
        "for r in event['Records']:\n    for line in read(r):\n        if bad(line):\n            return None",
        ["5 returns"],
    ),
    "except returns": (
        "for r in event['Records']:\n    try:\n        work(r)\n    except Exception as error:\n        return {'error': str(error)}",
        ["6 returns"],
    ),
    "except raises": (
        "for r in event['Records']:\n    try:\n        work(r)\n    except Exception:\n        log()\n        raise",
        ["7 raises"],
    ),
    "raise is not what is caught": (
        "for r in event['Records']:\n    try:\n        raise ValueError\n    except KeyError:\n        continue",
        ["4 raises"],
    ),
    "exit": ("import sys\nfor r in event['Records']:\n    work(r)\n    sys.exit(0)", ["5 ends the process"]),
    "with": ("for r in event['Records']:\n    with open(r) as f:\n        return f.read()", ["4 returns"]),
    "match": (
        "for r in event['Records']:\n    match r['eventName']:\n        case 'ObjectCreated:Put':\n            return work(r)",
        ["5 returns"],
    ),
    "matched event": (
        "match event:\n    case {'Records': records}:\n        for r in records:\n            return r",
        ["5 returns"],
    ),
    "while": ("records = event['Records']\nwhile records:\n    work(records.pop())\n    break", ["5 breaks off"]),
    "while index": (
        "i = 0\nrecords = event['Records']\nwhile i < len(records):\n    work(records[i])\n    if bad(records[i]['x']):\n        return 1",
        [],
    ),
    "else of inner loop": (
        "for r in event['Records']:\n    for line in read(r):\n        pass\n    else:\n        break",
        ["6 breaks off"],
    ),
    "empty failures": ("for r in event['Records']:\n    work(r)\n    return {'batchItemFailures': []}", ["4 returns"]),
    "failures at once": (
        "for r in event['Records']:\n    return {'batchItemFailures': [{'itemIdentifier': r['messageId']}]}",
        ["3 returns"],
    ),
    "messages in messages": (
        "import json\nfor m in event['Records']:\n    for r in json.loads(m['body'])['Records']:\n        break",
        ["5 breaks off"],
    ),
    "first": ("r = event['Records'][0]\nwork(r)", ["2 picks"]),
    "last": ("work(event.get('Records')[-1])", ["2 picks"]),
    "first of a name": ("records = event['Records']\nwork(records[0]['s3'])", ["3 picks"]),
    "next": ("work(next(iter(event['Records'])))", ["2 picks"]),
    "pop": ("work(event['Records'].pop())", ["2 picks"]),
    "first and rest": ("first, *_ = event['Records']\nwork(first)", ["2 picks"]),
    "slice": ("work(event['Records'][:1])", ["2 picks"]),
    "logged and first": ("print(event)\nlogger.info(event['Records'])\nwork(event['Records'][0])", ["4 picks"]),
    "data class": ("e = S3Event(event)\nwork(e.record)", ["3 picks"]),
    "data class loop": ("for r in S3Event(event).records:\n    return r", ["3 returns"]),
}


@pytest.mark.parametrize("name", [name for name in LEFT if LEFT[name][1]])
def test_a_loop_left_early_is_found(name: str) -> None:
    text, expected = LEFT[name]
    assert ways(body(text)) == expected


COMPLETE = {
    "return after": "for r in event['Records']:\n    work(r)\nreturn 1",
    "continue": "for r in event['Records']:\n    if skip(r):\n        continue\n    work(r)",
    "inner break": "for r in event['Records']:\n    for line in read(r):\n        break",
    "inner function": "for r in event['Records']:\n    def one():\n        return r\n    work(one, key=lambda x: x)",
    "raise after": "bad = []\nfor r in event['Records']:\n    try:\n        work(r)\n    except Exception:\n        bad.append(r)\nif bad:\n    raise RuntimeError(len(bad))",
    "raise caught": "for r in event['Records']:\n    try:\n        if bad(r):\n            raise ValueError\n        work(r)\n    except Exception as error:\n        failed.append(error)",
    "raise caught by its parent": "for r in event['Records']:\n    try:\n        raise FileNotFoundError\n    except OSError:\n        pass",
    "suppress": "for r in event['Records']:\n    with contextlib.suppress(ValueError):\n        raise ValueError",
    "finally continues": "for r in event['Records']:\n    work(r)\n    try:\n        break\n    finally:\n        continue",
    "comprehension": "return [work(r) for r in event['Records']]",
    "mapped": "return list(map(work, event['Records']))",
    "pool": "pool.map(work, event['Records'])\nprint(event['Records'][0])",
    "powertools": "return process_partial_response(event=event, record_handler=work, processor=processor, context=context)",
    "failures of a stream": "for r in event['Records']:\n    try:\n        work(r)\n    except Exception:\n        return {'batchItemFailures': [{'itemIdentifier': r['id']}]}",
    "last one": "for i, r in enumerate(event['Records']):\n    work(r)\n    if i == len(event['Records']) - 1:\n        return r",
    "drained": "records = event['Records']\nwhile True:\n    if not records:\n        break\n    work(records.pop())",
    "drained iterator": "it = iter(event['Records'])\nwhile True:\n    try:\n        r = next(it)\n    except StopIteration:\n        return\n    work(r)",
    "drained default": "it = iter(event['Records'])\nwhile True:\n    r = next(it, None)\n    if r is None:\n        break\n    work(r)",
    "walrus": "it = iter(event['Records'])\nwhile (r := next(it, None)) is not None:\n    work(r)",
    "first is asked": "if event['Records'][0]['eventSource'] != 'aws:s3':\n    return\nfor r in event['Records']:\n    work(r)",
    "only one": "if len(event['Records']) != 1:\n    raise ValueError\nwork(event['Records'][0])",
    "other loop": "for x in table.scan()['Items']:\n    return x",
    "records of another service": "import boto3\nfor r in boto3.client('kinesis').get_records()['Records']:\n    break",
    "retry": "for r in event['Records']:\n    while True:\n        if work(r):\n            break",
    "results of work": "results = [work(r) for r in event['Records']]\nfor x in results:\n    if not x:\n        raise ValueError\nreturn results[0]",
    "no records": "return {'statusCode': 200, 'body': event['body']}",
}


@pytest.mark.parametrize("name", COMPLETE)
def test_a_loop_that_ends_by_itself_is_not(name: str) -> None:
    assert ways(body(COMPLETE[name])) == []


def test_helpers_of_the_archive_are_followed() -> None:
    index = """
        from work.steps import process, records_of as found
        from . import nothing

        def handler(event, context):
            for record in found(event):
                print(record)
            process(context, batch=event["Records"])
    """
    steps = """
        def records_of(event):
            return event.get("Records", [])

        def process(context, batch):
            for record in batch:
                if not record:
                    return
    """
    result = read(function(archive(index=index, work__steps=steps)))
    assert isinstance(result, Handling)
    assert [(str(exit_.place), exit_.how) for loop in result.loops for exit_ in loop.exits] == [
        ("work/steps.py:8", "returns")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "import work\ndef handler(event, context):\n    work.go(event)",
        "import work as w\ndef handler(event, context):\n    return asyncio.run(w.go(event))",
        "from work import *\ndef handler(event, context):\n    go(event)",
        "def handler(event, context):\n    from work import go\n    go(event=event)",
        "from work import Worker\ndef handler(event, context):\n    Worker(event).run()",
        "from work import Worker\nworker = Worker(None)\ndef handler(event, context):\n    Worker.all(event)",
        "from work import go\nhandler = go",
        "from work import go\nhandler = wrapped(go, retries=2)",
        "from work import go as handler",
        "try:\n    from fast import handler\nexcept ImportError:\n    from work import go as handler",
        "from work import each\ndef handler(event, context):\n    for r in each(event):\n        return r",
        "import work\n\n@tracer.capture\ndef handler(event: dict, context=None):\n    return (lambda: 1)() or work.go(event)",
    ],
)
def test_code_is_followed_however_it_is_reached(text: str) -> None:
    work = """
        async def go(event, context=None):
            for record in event["Records"]:
                return record

        def each(event):
            for record in event["Records"]:
                yield record

        class Base:
            def run(self):
                for record in self.event["Records"]:
                    break

        class Worker(Base):
            def __init__(self, event):
                self.event = event

            @staticmethod
            def all(event):
                for record in event["Records"]:
                    break
    """
    assert len({*ways(text, work=work)} - {"2 is never run"}) == 1  # a coroutine as the handler is both


HANDED = {
    "submit": "pool.submit(each_one, event)",
    "a future's result": "for r in pool.submit(records_of, event).result():\n    return r",
    "to_thread": "asyncio.run(asyncio.to_thread(each_one, event))",
    "run_in_executor": "loop.run_in_executor(None, each_one, event)",
    "thread": "threading.Thread(target=each_one, args=(event,)).start()",
    "thread with names": "threading.Thread(target=each_one, kwargs={'event': event}).start()",
    "partial": "functools.partial(each_one, event)()",
    "dictionary": "{'all': each_one}[event['kind']](event)",
    "list": "for step in [each_one]:\n    step(event)",
    "attribute": "Router().run(event)",
    "getattr": "getattr(Router(), f\"on_{event['kind']}\")(event)",
    "gather": "asyncio.run(asyncio.gather(later(event)))",
    "filtered": "for r in filter(wanted, event['Records']):\n    return r",
    "sorted by a key": "for r in sorted(event['Records'], key=lambda r: r['at']):\n    return r",
    "a model of our own": "for r in Orders.model_validate(event).records:\n    return r",
}


@pytest.mark.parametrize("name", HANDED)
def test_the_event_is_followed_through_what_calls_a_function_for_us(name: str) -> None:
    helpers = """
        import asyncio, functools, threading
        from pydantic import BaseModel

        def each_one(event):
            for record in event["Records"]:
                work(record)
                return record

        def records_of(event):
            return event["Records"]

        async def later(event):
            each_one(event)

        class Router:
            def __init__(self):
                self.go = each_one

            def run(self, event):
                self.go(event)

            def on_upload(self, event):
                each_one(event)

        class Orders(BaseModel):
            records: list
    """
    assert len(ways(textwrap.dedent(helpers) + "\n" + body(HANDED[name]))) == 1


def test_one_record_that_another_thread_takes_is_found() -> None:
    text = "def first(event):\n    work(event['Records'][0])\n" + body("pool.submit(first, event)")
    assert ways(text) == ["2 picks"]
    assert ways(text.replace("first, event", "first, event['Records'][1:2]")) == ["4 picks"]


UNCALLED = {
    "only named": "print(each_one)",
    "in a dictionary": "{'all': each_one, 'none': print}['none'](event)",
    "without the event": "pool.submit(each_one, {})",
    "one record": "pool.map(each_one, event['Records'])",
    "a method that nobody calls": "Router().other(event)",
}


@pytest.mark.parametrize("name", UNCALLED)
def test_a_loop_that_never_gets_the_event_loses_no_records(name: str) -> None:
    helpers = """
        def each_one(event):
            for record in event["Records"]:
                return record

        class Router:
            def run(self, event):
                each_one(event)

            def other(self, event):
                pass
    """
    assert ways(textwrap.dedent(helpers) + "\n" + body(UNCALLED[name])) == []


def test_a_handler_under_a_decorator_is_followed() -> None:
    own = """
        from functools import wraps
        def logged(function):
            @wraps(function)
            def inner(*args, **kwargs):
                return function(*args, **kwargs)
            return inner
    """
    powertools = """
        from aws_lambda_powertools.middleware_factory import lambda_handler_decorator
        @lambda_handler_decorator
        def logged(handler, event, context):
            return handler(event, context)
    """
    for text in (own, powertools, "from lib import logged\n"):
        assert len(ways(f"{textwrap.dedent(text)}\n@logged\n{LEAVES}")) == 1


def test_an_import_that_fails_leaves_the_handler_of_the_other() -> None:
    work = "def go(event, context):\n    for r in event['Records']:\n        return r\n"
    text = "try:\n    from work import go as handler\nexcept ImportError:\n    from fast import handler\n"
    assert len(ways(text, work=work)) == 1


def test_a_search_loses_no_record_if_all_records_are_handled() -> None:
    text = """
        def source_of(event):
            for record in event["Records"]:
                if record.get("eventSource"):
                    return record["eventSource"]

        def handler(event, context):
            if source_of(event) == "aws:s3":
                for record in event["Records"]:
                    work(record)
    """
    assert ways(text) == []
    assert ways(text.replace("work(record)", "break")) != []


def test_exceptions_of_the_archive_are_traced_to_their_parents() -> None:
    text = """
        class Bad(ValueError): ...

        def handler(event, context):
            for record in event["Records"]:
                try:
                    raise Bad("it")
                except {}:
                    pass
    """
    assert ways(text.format("ValueError")) == []
    assert ways(text.format("library.Error")) == ["7 raises"]
    assert ways(text.replace("ValueError", "library.Base").format("library.Error")) == []


def test_the_reference_handler_is_read_and_complete() -> None:
    folder = Path(__file__).parents[2] / "lambda_fn"
    result = read(function(Asset(path=str(folder), archive=True), "ingest.handler.handler"))
    assert isinstance(result, Handling)
    assert [loop.exits for loop in result.loops] == [()]


def test_archives_of_every_form_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "main.py").write_text(LEAVES, encoding="utf-8")
    packed, tarred = tmp_path / "code.zip", tmp_path / "code.tar.gz"
    with zipfile.ZipFile(packed, "w") as out:
        out.write(folder / "app" / "main.py", "app/main.py")
    with tarfile.open(tarred, "w:gz") as tar:
        tar.add(folder, ".")
    file = Asset(path=str(folder / "app" / "main.py"))
    archives = [
        Asset(path=str(folder), archive=True),
        Asset(path=str(packed), archive=True),
        Asset(path=str(tarred), archive=True),
        Asset(members={"app/main.py": file}, archive=True),
        Asset(members={"./app/main.py": Asset(text=LEAVES)}, archive=True),
        Asset(members={"app": Asset(path=str(folder / "app"), archive=True)}, archive=True),
        Asset(members={".": Asset(path=str(packed), archive=True)}, archive=True),
        Asset(members={"app/": Asset(members={"main.py": file}, archive=True)}, archive=True),
    ]
    for code in archives:
        for handler in ("app.main.handler", "app/main.handler"):
            result = read(function(code, handler))
            assert isinstance(result, Handling)
            assert len(result.loops[0].exits) == 1


@pytest.mark.parametrize(
    "resource",
    [
        function(archive(index=LEAVES), runtime="nodejs22.x"),
        function(None, s3Bucket="code", s3Key="read.zip"),
        function(None, packageType="Image", imageUri="111122223333.dkr.ecr.eu-west-1.amazonaws.com/read"),
        Resource("aws:lambda/alias:Alias", "live", {"runtime": "python3.13"}),
    ],
    ids=["runtime", "bucket", "image", "alias"],
)
def test_what_is_no_python_code_here_is_not_judged(resource: Resource) -> None:
    assert read(resource) is None


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (function(UNKNOWN), "known only after the update"),
        (function(archive(index=LEAVES), UNKNOWN), "known only after the update"),
        (function(archive(index=LEAVES), runtime=UNKNOWN), "known only after the update"),
        (function(Asset(path="/nowhere/at/all", archive=True)), "not on this machine"),
        (function(Asset(members={"index.py": Asset(path="/nowhere/index.py")}, archive=True)), "not on this machine"),
        (function(Asset(uri="https://example.com/code.zip", archive=True)), "at a URL"),
        (function(Asset(path=__file__, archive=True)), "no archive"),
        (function(archive(other=LEAVES)), "no module for the handler"),
        (function(archive(other=LEAVES), layers=["arn:aws:lambda:eu-west-1:1:layer:a:1"]), "may be in a layer"),
        (function(archive(index="def other(): ...")), "no function for the handler"),
        (function(archive(index="def handler(:")), "does not parse as Python"),
        (function(archive(index="def handler(event, context):\n    return " + "(" * 500 + ")" * 500)), "parse"),
        (function("code.zip"), "not an archive"),
    ],
)
def test_code_that_cannot_be_read_is_undecided(resource: Resource, why: str) -> None:
    result = read(resource)
    assert isinstance(result, Unknown)
    assert why in result.why


def test_code_that_calls_itself_comes_to_an_end() -> None:
    text = """
        def one(records):
            two(records[1:])

        def two(records):
            if records:
                one(records)

        def handler(event, context):
            one(event["Records"])
            return handler(event, context)
    """
    assert ways(text) == ["3 picks"]


def test_a_handler_leads_to_no_file_outside_its_archive(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "index.py").write_text(LEAVES, encoding="utf-8")
    inside = Asset(path=str(tmp_path / "code"), archive=True)
    for handler in ("../index.handler", f"{tmp_path}/index.handler", "..index.handler"):
        assert isinstance(read(function(inside, handler)), Unknown)
