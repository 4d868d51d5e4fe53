"""The account of a program is never guessed silently, by `check`, `access` and `template`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policypack.core.policy import Asset, Resource
from policypack.evaluation.settings import SettingsError, config_schema, parse
from stackguard.cli import main
from stackguard.gate.request import CheckRequest, judge
from stackguard.packs import PackSpec
from stackguard.preview import Preview, run
from stackguard.sources import RunOptions
from stackguard.stand_in import ADVICE
from tests.packs.making import pack_of, policy

OWN, OTHER, STAND_IN = "444455556666", "222233334444", "111122223333"
SOUND = """
import json
import pulumi
import pulumi_aws as aws

OWN = "444455556666"

def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})

orders = aws.sqs.Queue("orders", name="orders", sqs_managed_sse_enabled=True)
aws.sqs.QueuePolicy("orders", queue_url=orders.url, policy=document({
    "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
    "Resource": f"arn:aws:sqs:eu-west-1:{OWN}:orders",
    "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:eu-west-1:{OWN}:orders"}}}))
logs = aws.cloudwatch.LogGroup("worker", name="/aws/lambda/worker", retention_in_days=14)
role = aws.iam.Role("worker", name="worker", assume_role_policy=document(
    {"Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}))
aws.iam.RolePolicy("worker", role="worker", policy=document(
    {"Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:eu-west-1:{OWN}:orders"},
    {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
     "Resource": f"arn:aws:logs:eu-west-1:{OWN}:log-group:/aws/lambda/worker:*"}))
CODE = '''
import os
import boto3
sqs = boto3.client("sqs")
def main(event, context):
    sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody="x")
'''
worker = aws.lambda_.Function(
    "worker", name="worker", role=role.arn, runtime="python3.12", handler="handler.main",
    environment={"variables": {"QUEUE_URL": orders.url}},
    code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset(CODE)}))
pulumi.export("worker", worker.arn)
print("in", aws.get_caller_identity().account_id)
"""
PUBLIC = """
import pulumi_aws as aws
bucket = aws.s3.Bucket("b", bucket="b")
orders = aws.sqs.Queue("orders", name="orders", sqs_managed_sse_enabled=True)
aws.sqs.QueuePolicy("orders", queue_url=orders.url, policy=orders.arn.apply(lambda arn:
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",'
    ' "Resource": "%s"}]}' % arn))
"""
EMPTY = 'import pulumi_aws as aws\naws.sqs.Queue("orders", name="orders", sqs_managed_sse_enabled=True)\n'
TWO = """
import json
import pulumi
import pulumi_aws as aws

here = aws.Provider("here", region="eu-west-1", profile="here")
east = aws.Provider("east", region="us-east-1", profile="here")
there = aws.Provider("there", region="eu-west-1", profile="there")
nowhere = aws.Provider("nowhere", region="eu-west-1", profile="nowhere")
stated = aws.Provider("stated", region="eu-west-1", allowed_account_ids=["555555555555"])
mine, farther, theirs, lost, known = (
    aws.sqs.Queue(name, name=name, opts=pulumi.ResourceOptions(provider=each))
    for name, each in (("mine", here), ("farther", east), ("theirs", there), ("lost", nowhere), ("known", stated)))
caller = aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=there)).account_id
made = [mine.arn, farther.arn, theirs.arn, theirs.url, lost.arn, known.arn]
pulumi.export("arns", pulumi.Output.all(*made))
pulumi.export(f"of-{caller}", int(caller))
stands = "111122223333"
table = aws.dynamodb.Table("t", name="t", hash_key="id", attributes=[{"name": "id", "type": "S"}],
    opts=pulumi.ResourceOptions(provider=here))

def policy(name, **elements):
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", **elements}]}
    return aws.iam.RolePolicy(name, role="x", policy=json.dumps(document), opts=pulumi.ResourceOptions(provider=here))

policy("own", Resource=["arn:aws:sqs:eu-west-1:444455556666:mine", "arn:aws:dynamodb:eu-west-1:444455556666:table/t/*"])
policy("others", Resource="arn:aws:sqs:eu-west-1:222233334444:theirs", Principal={"AWS": f"arn:aws:iam::{stands}:root"})
policy("lost", Resource=["arn:aws:sqs:eu-west-1:222233334444:lost", "arn:aws:sqs:eu-west-1:444455556666:lost"])
policy("vendor", Resource="*", Principal={"AWS": f"arn:aws:iam::777788889999:role/mine"},
    Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:sqs:eu-west-1:777788889999:mine"}})
aws.ssm.Parameter(f"named-{caller}", name="/p", type="SecureString", value=pulumi.Output.secret(theirs.arn),
    description=f"made in {caller}, not in {stands}", opts=pulumi.ResourceOptions(provider=here))
aws.s3.BucketObject("code", bucket="b", source=pulumi.StringAsset(f"ACCOUNT = {caller}"))
print("caller", caller, "stands", stands)
"""
PACK = policy("roles", "report(str(args.props.get('role')))") + policy(
    "arns", "[report(str(each.props.get('arn'))) for each in args.resources]", over_stack=True
)


def program(folder: Path, source: str, config: str = "") -> Path:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n  aws:region: eu-west-1\n{config}")
    (folder / "__main__.py").write_text(source)
    return folder


def output(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str]:
    code = main([*map(str, args)])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Preview:
    return run(program(tmp_path_factory.mktemp("two") / "program", TWO))


def by_name(preview: Preview, name: str) -> Resource:
    return next(resource for resource in preview.resources if resource.name == name)


def test_a_sound_program_with_its_own_account_by_hand_is_clean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = program(tmp_path / "sound", SOUND)
    code, out = output(capsys, "check", target, "--format", "json")
    report = json.loads(out)
    blocking = [outcome for outcome in report["outcomes"] if outcome["blocks"]]
    assert (code, blocking, report["notes"]) == (0, [], [])
    code, out = output(capsys, "access", "unused", target)
    assert (code, "clean" in out, STAND_IN in out) == (0, True, False)


def test_the_same_program_in_another_account_is_reported(tmp_path: Path) -> None:
    """The account in the texts matters: with another configured one, permissions are missing."""
    report = judge(
        CheckRequest(str(program(tmp_path / "sound", SOUND)), RunOptions(config={"stackguard:accountId": OTHER}))
    )
    blocking = [outcome.policy.id for outcome in report.outcomes if report.blocks(outcome)]
    assert {*blocking} == {"iam-unrelated-resource", "lambda-missing-permission", "lambda-unused-permission"}
    assert len(blocking) == 6
    assert report.notes == ()


def test_each_provider_has_its_own_account(two: Preview) -> None:
    assert two.outputs["arns"] == [
        f"arn:aws:sqs:eu-west-1:{OWN}:mine",
        f"arn:aws:sqs:us-east-1:{OWN}:farther",  # the same credentials in another region
        f"arn:aws:sqs:eu-west-1:{OTHER}:theirs",
        f"https://sqs.eu-west-1.amazonaws.com/{OTHER}/theirs",
        f"arn:aws:sqs:eu-west-1:{STAND_IN}:lost",  # two candidates
        "arn:aws:sqs:eu-west-1:555555555555:known",
    ]
    assert two.stand_in  # for `nowhere`


def test_what_a_program_computes_from_its_caller_has_the_account(two: Preview) -> None:
    assert two.outputs[f"of-{OTHER}"] == int(OTHER)
    named = by_name(two, f"named-{OTHER}")
    assert named.urn.endswith(f"::named-{OTHER}")
    assert named.inputs["value"] == f"arn:aws:sqs:eu-west-1:{OTHER}:theirs"
    assert "value" in named.secrets
    assert by_name(two, "code").inputs["source"] == Asset(
        text=f"ACCOUNT = {OTHER}", hash=by_name(two, "code").inputs["source"].hash
    )
    assert two.printed == f"caller {OTHER} stands {STAND_IN}\n"


def test_the_stand_in_written_by_hand_stays(two: Preview) -> None:
    assert by_name(two, f"named-{OTHER}").inputs["description"] == f"made in {OTHER}, not in {STAND_IN}"
    assert f"arn:aws:iam::{STAND_IN}:root" in by_name(two, "others").inputs["policy"]


@pytest.mark.parametrize(
    ("source", "config", "account", "settings"),
    [
        (EMPTY, "", STAND_IN, None),
        (EMPTY, f'  stackguard:accountId: "{OTHER}"\n', OTHER, None),
        (EMPTY, f'  stackguard:accountId: "{OTHER}"\n', "666666666666", "666666666666"),
        (SOUND, "", OWN, None),
        (SOUND, f"  aws:allowedAccountIds: ['{OTHER}']\n", OTHER, None),
    ],
)
def test_precedence(tmp_path: Path, source: str, config: str, account: str, settings: str | None) -> None:
    preview = run(program(tmp_path / "program", source, config), account=settings)
    queue = by_name(preview, "orders")
    assert queue.outputs["arn"] == f"arn:aws:sqs:eu-west-1:{account}:orders"
    assert preview.stand_in is (account == STAND_IN)


def test_a_mock_file_takes_precedence_over_accounts_in_texts(tmp_path: Path) -> None:
    mock = tmp_path / "mock.yaml"
    mock.write_text(
        f'functions: [{{token: "aws:index/getCallerIdentity:getCallerIdentity", result: {{accountId: "{OTHER}"}}}}]\n'
    )
    preview = run(program(tmp_path / "program", SOUND), mock=[mock])
    assert by_name(preview, "orders").outputs["arn"] == f"arn:aws:sqs:eu-west-1:{OTHER}:orders"
    assert (preview.printed, preview.stand_in, preview.notes) == (f"in {OTHER}\n", False, ())


def test_the_settings_reach_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = program(tmp_path / "program", PUBLIC, f'  stackguard:accountId: "{OTHER}"\n')
    empty = program(tmp_path / "empty", EMPTY)
    monkeypatch.chdir(tmp_path)
    Path("stackguard.yaml").write_text(f'accountId: "{OWN}"\n')
    for args in (("check", target), ("access", "public", target), ("access", "diff", empty, target)):
        code, out = output(capsys, *args)
        assert (code, f"`arn:aws:sqs:eu-west-1:{OWN}:orders`" in out, ADVICE in out) == (1, True, False)
    Path("stackguard.yaml").write_text(f"accountId: {OWN}\n")
    for args in (("check", target), ("access", "public", target)):
        code, out = output(capsys, *args)
        assert (code, "`accountId` must be an account id: twelve digits, in quotes" in out) == (2, True)


def test_the_setting_is_not_one_of_a_single_policy() -> None:
    assert parse({"accountId": OWN}, "settings").account_id == OWN
    assert parse({"accountId": None}, "settings").account_id is None
    assert "accountId" not in config_schema()
    for wrong in ("4444", 444455556666, "4444-5555-6666", [OWN]):
        with pytest.raises(SettingsError, match=r"`accountId` must be an account id: twelve digits, in quotes"):
            parse({"accountId": wrong}, "settings")


def test_output_with_the_stand_in_account_has_one_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, empty = program(tmp_path / "program", PUBLIC), program(tmp_path / "empty", EMPTY)
    commands: tuple[tuple[str | Path, ...], ...] = (
        ("check", target),
        ("check", target, "--format", "json"),
        ("check", target, "--format", "sarif"),
        ("access", "public", target),
        ("access", "public", target, "--format", "json"),
        ("access", "diff", empty, target),
        ("access", "diff", empty, target, "--format", "json"),
    )
    for args in commands:
        code, out = output(capsys, *args)
        assert (code, out.count(ADVICE), STAND_IN in out) == (1, 1, True), args


def test_output_without_the_stand_in_account_has_no_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = program(tmp_path / "program", EMPTY)
    shows_none = 'import pulumi_aws as aws\naws.s3.Bucket("b", acl="public-read")\n'
    violating = program(tmp_path / "violating", shows_none)
    for args in (
        ("check", target),
        ("check", violating),
        ("access", "public", target),
        ("access", "diff", target, target),
    ):
        _, out = output(capsys, *args)
        assert (ADVICE in out, STAND_IN in out) == (False, False)


def test_output_about_functions_has_the_note_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lacking = SOUND.replace("OWN = ", "OWN = aws.get_caller_identity().account_id #").replace(
        "sqs:SendM", "sqs:ReceiveM"
    )
    target = program(tmp_path / "program", lacking)
    for format_ in ("text", "json"):
        code, out = output(capsys, "access", "unused", target, "--format", format_)
        assert (code, out.count(ADVICE)) == (1, 1)


def test_a_template_with_the_stand_in_account_has_the_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, source, times in (("public", PUBLIC, 1), ("empty", EMPTY, 0)):
        code, out = output(capsys, "template", program(tmp_path / name, source), "-o", tmp_path / "template.json")
        assert (code, out.count(ADVICE)) == (times, times)


def test_one_program_uses_the_account_of_the_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_hand = PUBLIC.replace("orders.arn.apply(", "(").replace(
        "% arn)", f"% arn)('arn:aws:sqs:eu-west-1:{OWN}:orders')"
    )
    first, second = program(tmp_path / "first", by_hand), program(tmp_path / "second", PUBLIC)
    for args in ((first, second), (second, first)):
        code, out = output(capsys, "access", "diff", *args)
        assert (code, "0 newly allowed" in out) == (0, True), out


def test_other_packs_run_again_with_the_account(tmp_path: Path) -> None:
    pack = pack_of(tmp_path / "pack", PACK)
    how = RunOptions(timeout=60)
    report = judge(CheckRequest(str(program(tmp_path / "program", SOUND)), how, packs=(PackSpec(pack),), own=False))
    messages = [outcome.message for outcome in report.outcomes]
    assert f"arn:aws:iam::{OWN}:role/worker" in messages
    assert f"arn:aws:sqs:eu-west-1:{OWN}:orders" in messages
    assert STAND_IN not in str(messages)
    judged = [outcome.resource.urn for outcome in report.outcomes if outcome.policy.id == "ours/roles"]
    assert len(judged) == len(set(judged)) > 4


def test_a_mock_file_is_matched_with_the_stand_in(tmp_path: Path) -> None:
    source = """
import pulumi
import pulumi_aws as aws
orders = aws.sqs.Queue("orders", name="orders")
answer = aws.iam.get_role_output(name=orders.arn)
pulumi.export("path", answer.path)
"""
    mock = tmp_path / "mock.yaml"
    entry = {
        "token": "aws:iam/getRole:getRole",
        "args": {"name": f"arn:aws:sqs:eu-west-1:{STAND_IN}:orders"},
        "result": {"path": "/team/"},
    }
    mock.write_text(json.dumps({"functions": [entry]}))
    assert run(program(tmp_path / "program", source), mock=[mock]).outputs == {"path": "/team/"}
    lacking = run(tmp_path / "program").notes
    assert [f"arn:aws:sqs:eu-west-1:{STAND_IN}:orders" in note.message for note in lacking] == [True]


def test_a_remediation_keeps_what_it_leaves_alone(tmp_path: Path) -> None:
    tagging = policy(
        "tag", "", level="REMEDIATE", remediates="args.props['description'] = 'x'\nreturn args.props"
    ) + policy("role", "report(str(args.props.get('role')) + str(args.props.get('description')))")
    report = judge(
        CheckRequest(
            str(program(tmp_path / "program", SOUND)),
            RunOptions(timeout=60),
            packs=(PackSpec(pack_of(tmp_path / "pack", tagging)),),
            own=False,
        )
    )
    assert f"arn:aws:iam::{OWN}:role/workerx" in {outcome.message for outcome in report.outcomes}


def test_an_error_may_contain_the_stand_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = "import pulumi_aws as aws\nraise ValueError(aws.get_caller_identity().account_id)\n"
    code, out = output(capsys, "check", program(tmp_path / "program", broken))
    assert (code, f"ValueError: {STAND_IN}" in out) == (2, True)
