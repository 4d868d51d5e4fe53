"""`stackguard access diff` of documents, exports, programs and JSON lines, as a person and a script see it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from policypack.core.examples import allow, deny, document
from policypack.core.policy import Resource
from stackguard.access.alignment import aligned
from stackguard.cli import main
from tests.sources.states import as_bytes, export, state

READ = allow("s3:GetObject", "arn:aws:s3:::inbox/*")
WRITE = allow("s3:PutObject", "arn:aws:s3:::inbox/*")
TRUST = document(allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"}))
PROGRAM = """
import json
import pulumi_aws as aws

role = aws.iam.Role("worker", assume_role_policy={trust!r})
bucket = aws.s3.Bucket("inbox")
aws.iam.RolePolicy(
    "rights",
    role=role.name,
    policy=bucket.arn.apply(lambda arn: json.dumps({{"Version": "2012-10-17", "Statement": [
        {{"Effect": "Allow", "Action": {actions}, "Resource": f"{{arn}}/*"}}]}})),
)
"""


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str]:
    code = main(["access", "diff", *args])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def written(folder: Path, name: str, content: Any) -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(path)


def program(folder: Path, name: str, actions: list[str]) -> str:
    path = folder / name
    path.mkdir()
    (path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-central-1\n")
    (path / "__main__.py").write_text(PROGRAM.format(trust=json.dumps(TRUST), actions=actions))
    return str(path)


def running(bucket: str, *actions: str) -> bytes:
    """An export of the same stack with the real names."""
    rights = document(allow(list(actions), f"arn:aws:s3:::{bucket}/*"))
    arn = f"arn:aws:s3:::{bucket}"
    return as_bytes(
        export(
            [
                state("aws:iam/role:Role", "worker", {"name": "worker-0a1b2c3", "assumeRolePolicy": json.dumps(TRUST)}),
                {
                    **state("aws:s3/bucket:Bucket", "inbox", {"bucket": bucket}),
                    "id": bucket,
                    "outputs": {"bucket": bucket, "arn": arn},
                },
                state(
                    "aws:iam/rolePolicy:RolePolicy", "rights", {"role": "worker-0a1b2c3", "policy": json.dumps(rights)}
                ),
            ]
        )
    )


def test_two_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = written(tmp_path, "old.json", document(READ)), written(tmp_path, "new.json", document(READ, WRITE))
    assert run(capsys, new, old) == (0, "no-new-access: the old document allows all of it\n")
    code, out = run(capsys, old, new)
    assert code == 1
    assert out.splitlines() == [
        "new-access: the old document does not allow this (Statement[1])",
        "  for example, the principal that it is attached to may `s3:PutObject` on `arn:aws:s3:::inbox/example`",
    ]


def test_a_program_against_a_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = written(tmp_path, "state.json", running("inbox-9f8e7d6", "s3:GetObject"))
    assert run(capsys, old, program(tmp_path, "same", ["s3:GetObject"]))[0] == 0
    code, out = run(capsys, old, more := program(tmp_path, "more", ["s3:GetObject", "s3:PutObject"]))
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == f"new-access  aws:iam:Role worker  {more}/__main__.py:5"
    assert "the role `worker-0a1b2c3` may `s3:PutObject` on `arn:aws:s3:::inbox-9f8e7d6/example`" in lines[1]
    assert lines[3] == f"    by: aws:iam:RolePolicy rights policy.Statement[0]  {more}/__main__.py:7"
    assert lines[-1].startswith("1 newly allowed, 0 undecided in ")


def test_a_policy_of_aws_that_is_newly_attached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def attached(name: str, *policies: str) -> str:
        arns = [f"arn:aws:iam::aws:policy/{policy}" for policy in policies]
        token, kind = "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/role:Role"
        states = [state(kind, "worker", {"name": "worker", "assumeRolePolicy": json.dumps(TRUST)})]
        states += [state(token, arn.rpartition("/")[2], {"role": "worker", "policyArn": arn}) for arn in arns]
        return written(tmp_path, name, as_bytes(export(states)))

    old, new = attached("old.json", "ReadOnlyAccess"), attached("new.json", "ReadOnlyAccess", "NewerAccess")
    assert run(capsys, new, new)[0] == run(capsys, new, old)[0] == 0
    code, out = run(capsys, old, new)
    assert code == 1
    assert out.splitlines()[:3] == [
        "undecided  aws:iam:Role worker",
        "    why: `NewerAccess` is newly attached, and what it allows is not read here",
        "    waits for: aws:iam:RolePolicyAttachment NewerAccess policyArn",
    ]


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    states = [
        written(tmp_path, f"{name}.json", running("inbox", *actions))
        for name, actions in {"a": ["s3:GetObject"], "b": ["s3:*"]}.items()
    ]
    code, out = run(capsys, *states, "--format", "json")
    report = json.loads(out)
    assert (code, report["version"], report["summary"]) == (1, 1, {"newAccess": 1, "undecided": 0, "exitCode": 1})
    (gain,) = report["gains"]
    assert (gain["verdict"], gain["path"]) == ("new-access", "policy.Statement[0]")
    assert gain["witness"]["resource"] == "arn:aws:s3:::inbox/example"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "give two targets: OLD NEW"),
        (("-", "-"), "at most one of them is standard input"),
        (
            ("document.json", "state.json"),
            "one target is a policy document and the other a stack; give two documents or two stacks",
        ),
        (("document.json", "gone.json"), "there is no file or folder"),
        (("document.json", "broken.json"), "is not JSON"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    names: Sequence[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "document.json", document(READ))
    written(tmp_path, "state.json", running("inbox", "s3:GetObject"))
    written(tmp_path, "broken.json", b"{ no")
    code, out = run(capsys, *names)
    assert code == 2
    assert len([line for line in out.splitlines() if message in line]) == 1


def test_a_document_that_aws_rejects_is_invalid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (
        written(tmp_path, "old.json", document(READ)),
        written(tmp_path, "new.json", {"Statement": [{"Effect": "allow"}]}),
    )
    for names in ((old, new), (new, old)):
        code, out = run(capsys, *names)
        assert code == 2
        assert out.startswith(f"{new}: invalid: `Statement[0]")


@pytest.mark.parametrize("command", [["diff", "--jsonl"], ["public", "--jsonl"], ["public", "--type", "identity", "-"]])
def test_closed_standard_input_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["access", *command]) == 2
    assert "standard input is closed" in capsys.readouterr().err


class TestLines:
    def asked(
        self, capsysbinary: Any, monkeypatch: pytest.MonkeyPatch, *lines: Any, command: str = "diff"
    ) -> list[Any]:
        text = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert main(["access", command, "--jsonl"]) == 0
        return [json.loads(answer) for answer in capsysbinary.readouterr().out.splitlines()]

    def test_each_line_has_its_answer_even_if_other_lines_are_invalid(
        self, capsysbinary: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shut = document(allow(Principal={"AWS": "111122223333"}))
        answers = self.asked(
            capsysbinary,
            monkeypatch,
            {"id": "same", "old": document(READ), "new": document(READ)},
            {"id": "text", "old": json.dumps(document(READ)), "new": json.dumps(document(WRITE))},
            {"id": ["any", "id"], "old": shut, "new": document(allow(Principal="*"))},
            {"id": "denied", "old": document(READ), "new": document(READ, deny("s3:*", "*"))},
            b"{\n",
            b"\n",
            b"[]\n",
            {"id": "half", "old": document(READ)},
            {"id": "number", "old": document(READ), "new": 7},
            {"id": "refused", "old": document(READ), "new": {"Statement": "x"}},
            b'{"id": "deep", "old": ' + b"[" * 5000 + b"\n",
            b'{"id": "last", "old": {"Statement": []}, "new": {"Version": "2012-10-17", "Statement": []}}',
        )
        assert [(answer["id"], answer["verdict"]) for answer in answers] == [
            ("same", "no-new-access"),
            ("text", "new-access"),
            (["any", "id"], "new-access"),
            ("denied", "no-new-access"),
            (5, "invalid"),
            (7, "invalid"),
            ("half", "invalid"),
            ("number", "invalid"),
            ("refused", "invalid"),
            ("deep", "invalid"),
            ("last", "invalid"),
        ]
        assert answers[1]["witness"] == {
            "principal": "the principal that it is attached to",
            "action": "s3:PutObject",
            "resource": "arn:aws:s3:::inbox/example",
            "context": {},
        }
        assert answers[6]["why"] == "`new` is missing; give a policy document, as an object or as JSON text"
        assert all(answer["why"] for answer in answers)

    def test_public(self, capsysbinary: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        bucket = "aws:s3/bucketPolicy:BucketPolicy"
        answers = self.asked(
            capsysbinary,
            monkeypatch,
            {"id": 1, "type": bucket, "document": document(allow(Principal="*"))},
            {"id": 2, "type": bucket, "document": document(allow(Principal={"AWS": "111122223333"}))},
            {"id": 3, "type": "identity", "document": document(allow("*", "*"))},
            {"id": 4, "type": "aws:s3/bucketObject:BucketObject", "document": document(allow(Principal="*"))},
            {"id": 5, "document": document(READ)},
            command="public",
        )
        assert [answer["verdict"] for answer in answers] == ["public", "not-public", "not-public", "invalid", "invalid"]
        assert answers[0]["witness"]["context"] == {"aws:SourceIp": "198.51.100.7"}


class TestAlignment:
    @staticmethod
    def bucket(name: str, arn: str, **more: Any) -> Resource:
        return Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": name, **more}, outputs={"bucket": name, "arn": arn})

    def test_a_generated_name_is_replaced_by_that_of_the_state(self) -> None:
        new = self.bucket("inbox-0000000", "arn:aws:s3:::inbox-0000000", tags={"of": "inbox-0000000!"})
        (resource,) = aligned([new], [self.bucket("inbox-9f8e7d6", "arn:aws:s3:::inbox-9f8e7d6")])
        assert resource.inputs == {"bucket": "inbox-9f8e7d6", "tags": {"of": "inbox-9f8e7d6!"}}
        assert resource.outputs["arn"] == "arn:aws:s3:::inbox-9f8e7d6"

    def test_a_generated_id_is_replaced_where_it_is_an_input(self) -> None:
        def stack(id_: str) -> list[Resource]:
            key = Resource("aws:kms/key:Key", "key", {}, outputs={"keyId": id_})
            uses = {"property_dependencies": {"keyId": (key.urn,)}}
            return [key, Resource("aws:kms/grant:Grant", "grant", {"keyId": id_}, **uses)]

        _, grant = aligned(stack("1b2c3d4e"), stack("9f8e7d6c"))
        assert grant.inputs == {"keyId": "9f8e7d6c"}

    def test_a_name_that_the_program_writes_is_a_change(self) -> None:
        new = self.bucket("orders", "arn:aws:s3:::orders")
        (resource,) = aligned([new], [self.bucket("invoices", "arn:aws:s3:::invoices")])
        assert resource.inputs["bucket"] == "orders"

    def test_the_account_is_that_of_the_state(self) -> None:
        def role(account: str) -> Resource:
            return Resource("aws:iam/role:Role", "r", {"name": "r"}, outputs={"arn": f"arn:aws:iam::{account}:role/r"})

        policy = Resource("aws:sqs/queuePolicy:QueuePolicy", "q", {"policy": "arn:aws:iam::111122223333:root"})
        _, resource = aligned([role("111122223333"), policy], [role("999900001111")])
        assert resource.inputs == {"policy": "arn:aws:iam::999900001111:root"}


CHANGED = """
import json
import pulumi
import pulumi_aws as aws

OPEN = {{"Version": "2012-10-17", "Statement": [
    {{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-inbox/*"}}]}}
role = aws.iam.Role("{role}", assume_role_policy={trust!r}{alias})
bucket = aws.s3.Bucket("{bucket}", bucket="acme-inbox")
aws.s3.BucketPolicy("policy", bucket=bucket.id, policy=json.dumps(OPEN))
aws.s3.BucketPublicAccessBlock("block", bucket=bucket.id, restrict_public_buckets={closed})
aws.s3.BucketPublicAccessBlock("{guard}", bucket="acme-archive", restrict_public_buckets={archived})
key = aws.kms.Key("key")
aws.kms.Grant("grant", key_id=key.key_id, grantee_principal=role.arn, operations={operations})
"""
UNCHANGED: dict[str, Any] = {
    "role": "worker",
    "trust": json.dumps(TRUST),
    "alias": "",
    "bucket": "inbox",
    "closed": True,
    "guard": "archive",
    "archived": True,
    "operations": ["Encrypt"],
}


@pytest.mark.parametrize(
    ("change", "gains"),
    [
        (
            {"closed": False},
            {"aws:s3/bucket:Bucket::inbox": "`inbox` is no longer closed by `restrictPublicBuckets` of `block`"},
        ),
        (
            {"operations": ["Encrypt", "Decrypt"]},
            {"aws:kms/grant:Grant::grant": "the Grant `grant` grants this by its `granteePrincipal`"},
        ),
        (
            {"archived": False},
            {
                "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::archive": "`restrictPublicBuckets` of `archive` is "
                "no longer in effect for the bucket `acme-archive`"
            },
        ),
        ({"bucket": "store"}, {}),
        ({"guard": "shut"}, {}),
        ({"role": "reader", "alias": ', opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="worker")])'}, {}),
    ],
    ids=[
        "a block",
        "a grant",
        "a block of a bucket elsewhere",
        "a logical name",
        "one of a block",
        "an alias with a generated name",
    ],
)
def test_two_programs(
    change: dict[str, Any], gains: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [program(tmp_path, name, []) for name in ("old", "new")]
    for folder, values in zip(folders, (UNCHANGED, UNCHANGED | change), strict=True):
        (Path(folder) / "__main__.py").write_text(CHANGED.format(**values))
    code, out = run(capsys, *folders, "--format", "json")
    report = json.loads(out)
    reported = {gain["holder"].split("::", 2)[-1]: gain["why"] for gain in report["gains"]}
    assert (code, [*reported]) == (int(bool(gains)), [*gains])
    assert all(reported[holder].startswith(why) for holder, why in gains.items())
    assert run(capsys, folders[1], folders[0])[0] == 0


def test_examples_are_in_the_account_of_the_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = "import pulumi_aws as aws\naws.cloudwatch.EventPermission('e', principal={!r}, statement_id='o')\n"
    for name, principal in (("old", "999988887777"), ("new", "*")):
        program(tmp_path, name, [])
        (tmp_path / name / "__main__.py").write_text(source.format(principal))
        (tmp_path / name / "stackguard.yaml").write_text('accountId: "444455556666"\n')
    code, shown = run(capsys, str(tmp_path / "old"), str(tmp_path / "new"))
    assert code == 1
    assert "444455556666:event-bus/default" in shown
