"""No secret of a state is in the store, a report, a page, on standard output or in a log, whatever else of the state is."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import urllib.parse
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from stackguard.cli import main
from tests.audit.serve.serving import Served, served
from tests.audit.test_run import rows

SECRET = "4dabf18193072939515e22adb298388d"
"""Marks a special value of a state, by its signature. Source: sdk/go/common/resource/sig/sig.go of pulumi/pulumi."""
KIND = "1b47061264138c4ac30d75fd1eb44270"
MOST_PAGES = 300
PASSWORD = "Zr7!planted/pa+ss=word"
OUTPUT = "planted-output-8fk2Lw0q"
PROVIDER = "plantedProviderKey9xQ2vB7n"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIplantedKey0123456789abcdefghijk\nlmnoplantedKeyEnd==\n-----END RSA PRIVATE KEY-----\n"
PLANTED = {
    "password": PASSWORD,
    "output": OUTPUT,
    "provider": PROVIDER,
    "pem": "MIIplantedKey0123456789abcdefghijk",
    "base64": base64.b64encode(PASSWORD.encode()).decode(),
    "url": urllib.parse.quote(PASSWORD, safe=""),
    "hex": PASSWORD.encode().hex(),
}


def marked(value: Any) -> dict[str, str]:
    return {SECRET: KIND, "plaintext": json.dumps(value)}


def state(kind: str, name: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:prod::shop::{kind}::{name}"
    return {"urn": urn, "type": kind, "custom": True, "id": name, "inputs": inputs, "outputs": inputs, **more}


def export() -> dict[str, Any]:
    """A stack whose secrets are in every place that a report could quote."""
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Open",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": f"arn:aws:s3:::logs/{PASSWORD}/*",
                "Condition": {"StringEquals": {"aws:Referer": PASSWORD, "s3:Unknown": OUTPUT}},
            }
        ],
    }
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    resources = [
        state("pulumi:pulumi:Stack", "shop-prod", {}) | {"custom": False},
        state("pulumi:providers:aws", "default", {"region": "eu-west-1", "secretKey": marked(PROVIDER)}),
        state("aws:rds/instance:Instance", "db", {"password": marked(PASSWORD), "username": PASSWORD}),
        state("aws:ssm/parameter:Parameter", "output", {"type": "String", "value": marked(OUTPUT)}),
        state(
            "aws:iam/accessKey:AccessKey",
            "key",
            {"user": "u"},
            outputs={"secret": OUTPUT, "user": "u"},
            additionalSecretOutputs=["secret"],
        ),
        state("tls:index/privateKey:PrivateKey", "tls", {"privateKeyPem": marked(PEM)}),
        state(
            "aws:s3/bucket:Bucket", f"logs-{PASSWORD}", {"bucket": PASSWORD, "tags": {"note": PASSWORD, PASSWORD: "x"}}
        ),
        state(
            "aws:s3/bucketPolicy:BucketPolicy", f"policy-{OUTPUT}", {"bucket": "logs", "policy": json.dumps(document)}
        ),
        state("aws:s3/bucketAcl:BucketAcl", f"acl-{PASSWORD}", {"bucket": "logs", "acl": "public-read"}),
        state(
            "aws:lambda/function:Function",
            "f",
            {
                "name": "f",
                "arn": arn,
                "runtime": "python3.8",
                "role": f"arn:aws:iam::123456789012:role/{OUTPUT}",
                "environment": {
                    "variables": {
                        "DB_PASSWORD": PASSWORD,
                        "KEY": PEM,
                        "ENCODED": PLANTED["base64"],
                        "URL": f"postgres://u:{PLANTED['url']}@db/x",
                        "HEX": PLANTED["hex"],
                        PASSWORD: "a name",
                    }
                },
                "tags": {"pw": PASSWORD},
            },
        ),
        state("aws:ec2/instance:Instance", "i", {"userData": f"#!/bin/sh\nexport PASSWORD={PASSWORD}\n{PEM}"}),
        state("aws:index/provider:Unknown", f"x-{PLANTED['base64']}-{PLANTED['hex']}-{PLANTED['url']}", {}),
    ]
    return {"version": 3, "deployment": {"manifest": {}, "resources": resources}}


def run(*arguments: object) -> str:
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        main(["audit", *map(str, arguments)])
    return printed.getvalue()


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The store of an audit, and all that commands print about it."""
    folder = tmp_path_factory.mktemp("secrets")
    states = folder / "states"
    states.mkdir()
    (states / "shop.json").write_text(json.dumps(export()))
    cut = json.dumps(export())
    (states / "cut.json").write_text(cut[: cut.index("BucketAcl")])
    (states / "broken.json").write_text(cut.replace('"custom": true', '"custom": "' + PASSWORD + '"', 1))
    (states / "number.json").write_text('{"version": "' + PASSWORD + '", "deployment": {"resources": []}}')
    printed = run(states, "--store", folder / "store", "-j", "1")
    printed += run("diff", "--store", folder / "store") + run("diff", "--store", folder / "store", "--format", "json")
    for table in ("stacks", "resources", "outcomes", "evidence", "access", "facts", "violations"):
        printed += run("query", f"FROM {table}", "--store", folder / "store", "--format", "json")
    for form in ("text", "html", "csv", "markdown", "ocsf", "json"):
        printed += run("report", "--store", folder / "store", "--format", form)
    with redirect_stderr(io.StringIO()) as log, served(folder / "store", folder / "views.json") as site:
        printed += "".join(every_page(site))
    return folder / "store", printed + log.getvalue()


def every_page(site: Served) -> Iterator[str]:
    """The pages that the first one leads to, and rows that SQL reads."""
    open_ = [
        "/",
        "/violations?status=any&kind=any",
        "/sql?sql=FROM+resources",
        "/sql.csv?sql=FROM+outcomes",
        "/nothing",
    ]
    seen = {*open_}
    while open_:
        yield (text := site.ask(open_.pop()).text)
        links = {html.unescape(link) for link in re.findall(r'href="(/[^"/][^"]*)"', text)} - seen
        seen |= links
        open_ += [link for link in links if len(seen) < MOST_PAGES]


def test_what_is_planted_is_judged(audited: tuple[Path, str]) -> None:
    store, printed = audited
    assert printed.count("How to fix it") > 5, "the pages of the violations are read"
    ((count,),) = rows(store, "SELECT count(*) FROM outcomes")
    assert int(str(count)) > 5
    assert rows(store, "SELECT state FROM stacks WHERE location LIKE '%shop.json'") == [("judged",)]


@pytest.mark.parametrize("kind", PLANTED)
def test_no_secret_is_in_the_store_or_a_page_or_printed(audited: tuple[Path, str], kind: str) -> None:
    store, printed = audited
    secret = PLANTED[kind]
    assert secret not in printed
    for file in store.rglob("*"):
        if file.suffix == ".parquet":
            read = parquet.read_table(file)
            for name in read.column_names:
                values = [str(value) for value in read.column(name).to_pylist() if secret in str(value)]
                assert not values, f"{file.relative_to(store)}, {name}: {values[:2]}"
        elif file.is_file():
            assert secret.encode() not in file.read_bytes()
        assert secret not in str(file)
