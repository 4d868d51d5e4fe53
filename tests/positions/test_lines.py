"""The line of a statement, a property or a call: each source marks the line that is expected, or none."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from policypack.core.policy import Kind, Outcome, Position, Resource
from stackguard.positions import Lines, lines_of
from tests.reports.sample import WILDCARD

HERE = "# HERE"
CALL = "# THIS"
READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::inbox/*"}
EVERY = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
LOGS = {"Effect": "Allow", "Action": ["logs:PutLogEvents", "logs:CreateLogStream"], "Resource": "*"}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def lines(
    folder: Path,
    source: str,
    path: str = "policy.Statement[1].Action",
    inputs: dict[str, Any] | None = None,
    type_token: str = "aws:iam/rolePolicy:RolePolicy",
) -> tuple[Lines, list[str]]:
    (folder / ".git").mkdir(exist_ok=True)
    text = dedent(source)
    written = text.split("\n")
    (folder / "__main__.py").write_text(text, encoding="utf-8")
    name = type_token.rpartition(":")[2]
    call = [number for number, line in enumerate(written, 1) if CALL in line or f"{name}(" in line][-1]
    callers = [number for number, line in enumerate(written, 1) if "# CALLER" in line]
    resource = Resource(
        type_token,
        "reader",
        {"policy": document(READ, EVERY)} if inputs is None else inputs,
        position=Position("__main__.py", call),
        callers=tuple(Position("__main__.py", number) for number in callers),
    )
    return lines_of(Outcome(Kind.VIOLATION, WILDCARD, resource, path, "", ""), folder), written


def check(found: Lines, written: list[str]) -> None:
    """The stated line is the marked one; without a mark, there is none."""
    marked = [number for number, line in enumerate(written, 1) if HERE in line]
    stated = found.stated.line if found.stated else None
    assert stated == (marked[0] if marked else None), written[stated - 1] if stated else "nothing"


DOCUMENTS = {
    "dictionary in the call": """
        aws.iam.RolePolicy("reader", role="reader", policy=json.dumps({
            "Statement": [
                {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::inbox/*"},
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},  # HERE
            ],
        }))
    """,
    "dictionary without dumps": """
        RolePolicy("reader", policy={"Statement": [{"Sid": "Read"},
            {"Action": "s3:*"}]})  # HERE
    """,
    "Output.json_dumps with an output in it": """
        aws.iam.RolePolicy(
            "reader",
            policy=pulumi.Output.json_dumps({"Statement": [
                {"Sid": "Read", "Action": "s3:GetObject", "Resource": pulumi.Output.concat(bucket.arn, "/*")},
                {  # HERE
                    "Effect": "Allow",
                    "Action": "s3:*",
                    "Resource": bucket.arn,
                },
            ]}),
        )
    """,
    "one statement after another order of calls": """
        aws.iam.RolePolicy("writer", policy=json.dumps({"Statement": [EVERY]}))
        aws.iam.RolePolicy("reader", policy=json.dumps({"Statement": [{"Sid": "Read"}, {"Action": "s3:*"}]}))
    """,
    "constant of the module": """
        DOCUMENT = {
            "Statement": [
                {"Sid": "Read"},
                {"Action": ["s3:*"]},  # HERE
            ]
        }
        aws.iam.RolePolicy("reader", policy=json.dumps(DOCUMENT))
    """,
    "statements that are names": """
        read = {"Sid": "Read"}
        everything: dict = {  # HERE
            "Action": "s3:*",
        }
        statements = [read, everything]
        aws.iam.RolePolicy("reader", policy=json.dumps({"Statement": statements}))
    """,
    "JSON in a block of text": '''
        aws.iam.RolePolicy("reader", policy="""{
          "Version": "2012-10-17",
          "Statement": [
            {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::inbox/*"},
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "# HERE": null}
          ]
        }
        """)
    ''',
    "JSON in a block that begins on the next line": '''
        POLICY = """\\
        {"Statement": [
            {"Sid": "Read"},
            {"Action": "s3:*", "Resource": "*", "# HERE": null}
        ]}
        """
        aws.iam.RolePolicy("reader", policy=POLICY)
    ''',
    "f-string": '''
        aws.iam.RolePolicy("reader", policy=bucket.arn.apply(lambda arn: f"""{{
            "Statement": [
                {{"Sid": "Read", "Action": "s3:GetObject", "Resource": "{arn}/*"}},
                {{"Action": "s3:*", "Resource": "{arn}", "# HERE": null}}
            ]
        }}"""))
    ''',
    "JSON in parts, of which lines are not known": """
        aws.iam.RolePolicy(
            "reader",
            policy='{"Statement": ['  # HERE
            '{"Sid": "Read"},'
            '{"Action": "s3:*"}]}',
        )
    """,
    "callback": """
        policy = bucket.arn.apply(
            lambda arn: json.dumps({
                "Statement": [
                    {"Sid": "Read", "Resource": f"{arn}/*"},
                    {"Action": "s3:*", "Resource": arn},  # HERE
                ],
            })
        )
        aws.iam.RolePolicy("reader", policy=policy)
    """,
    "callback that is a function": """
        def build(args):
            arn, name = args
            return json.dumps({
                "Statement": [
                    {"Sid": "Read", "Resource": f"{arn}/*"},
                    {"Action": "s3:*", "Resource": arn},  # HERE
                ],
            })

        aws.iam.RolePolicy("reader", policy=pulumi.Output.all(bucket.arn, bucket.id).apply(build))
    """,
    "functions for the document and its statements": """
        def allow(actions, resource, **more):
            return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}

        def document(*statements):
            return json.dumps({"Statement": list(statements)})

        aws.iam.RolePolicy(
            "reader",
            policy=document(
                allow("s3:GetObject", "arn:aws:s3:::inbox/*", Sid="Read"),
                allow("s3:*", "*"),  # HERE
            ),
        )
    """,
    "function with a list of statements": """
        def document(statements, version="2012-10-17"):
            return json.dumps({"Version": version, "Statement": statements})

        aws.iam.RolePolicy(
            "reader",
            policy=document([
                {"Sid": "Read"},
                {"Action": "s3:*"},  # HERE
            ]),
        )
    """,
    "component: the document is the caller's": """
        class Access(pulumi.ComponentResource):
            def __init__(self, name, statements, opts=None):
                super().__init__("my:index:Access", name, None, opts)
                aws.iam.RolePolicy(name, policy=json.dumps({"Statement": statements}))

        def grant(name, statements):
            Access(name, statements)  # CALLER

        grant("reader", [  # CALLER
            {"Sid": "Read"},
            {"Action": "s3:*"},  # HERE
        ])
    """,
    "component with methods": """
        class Access(pulumi.ComponentResource):
            def __init__(self, name, bucket):
                more = [{"Sid": "Read"}]
                aws.iam.RolePolicy(name, policy=self.document(*more, {"Action": "s3:*"}))

            def document(self, *statements):
                return json.dumps({"Statement": statements})

            @staticmethod
            def everything(action):
                return {"Action": action}
    """,
    "component with a method that has the statements": """
        class Access(pulumi.ComponentResource):
            def __init__(self, name, bucket):
                aws.iam.RolePolicy(name, policy=self.document(bucket))

            def document(self, bucket):
                return bucket.arn.apply(lambda arn: json.dumps({"Statement": [
                    {"Sid": "Read", "Resource": f"{arn}/*"},
                    self.everything("s3:*"),  # HERE
                ]}))

            @staticmethod
            def everything(action):
                return {"Action": action}
    """,
    "data source": """
        document = aws.iam.get_policy_document(
            statements=[
                aws.iam.GetPolicyDocumentStatementArgs(sid="Read", actions=["s3:GetObject"]),
                aws.iam.GetPolicyDocumentStatementArgs(  # HERE
                    actions=["s3:*"],
                    resources=["*"],
                    conditions=[{"test": "StringEquals", "variable": "aws:x", "values": ["y"]}],
                ),
            ]
        )
        aws.iam.RolePolicy("reader", policy=document.json)
    """,
    "data source with dictionaries and an output": """
        document = aws.iam.get_policy_document_output(statements=[
            {"sid": "Read", "actions": ["s3:GetObject"], "resources": [bucket.arn]},
            {"actions": ["s3:*"], "resources": ["*"]},  # HERE
        ])
        aws.iam.RolePolicy("reader", policy=document.apply(lambda found: found.json))
    """,
    "data source with others before: by its content": """
        document = aws.iam.get_policy_document(
            source_policy_documents=[base],
            statements=[
                {"actions": ["logs:*"]},
                {"actions": ["s3:*"], "resources": ["*"]},  # HERE
            ],
        )
        aws.iam.RolePolicy("reader", policy=document.json)
    """,
    "function of a library: by content": """
        aws.iam.RolePolicy(
            "reader",
            policy=library.document(
                library.tls_only("inbox"),
                [{"Sid": "Read"}],
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},  # HERE
            ),
        )
    """,
    "statements that are appended": """
        statements = [{"Sid": "Read"}]
        if everything:
            statements.append({"Action": "s3:*"})  # HERE
        aws.iam.RolePolicy("reader", policy=json.dumps({"Statement": statements}))
    """,
    "statements that are appended in a loop": """
        statements = []
        for name in names:
            statements.append({"Effect": "Allow", "Action": "s3:*", "Resource": name})  # HERE
        aws.iam.RolePolicy("reader", policy=json.dumps({"Statement": statements}))
    """,
    "statements that are sorted": """
        statements = [{"Sid": "Read"}, {"Action": "s3:*", "Resource": "*"}]  # HERE
        statements.reverse()
        aws.iam.RolePolicy("reader", policy=json.dumps({"Statement": statements}))
    """,
    "lists that are joined": """
        BASE = [{"Sid": "Read"}]
        aws.iam.RolePolicy("reader", policy=json.dumps({"Statement": BASE + [
            {"Action": "s3:*"},  # HERE
        ]}))
    """,
    "list with others: by content": """
        aws.iam.RolePolicy("reader", policy=json.dumps({"Statement": [
            *others,
            {"Action": "sqs:*"},
            {"Action": "s3:*"},  # HERE
        ]}))
    """,
    "list with others: two fit": """
        aws.iam.RolePolicy("reader", policy=json.dumps({"Statement": [*others, {"Action": "s3:*"},
            {"Resource": "*", "Action": "s3:*"}]}))
    """,
    "another content": """
        aws.iam.RolePolicy("reader", policy=json.dumps({"Statement": [{"Sid": "Read"},
            {"Action": "sqs:*"}]}))
    """,
    "a name with two values": """
        if production:
            STATEMENT = {"Action": "s3:*"}
        else:
            STATEMENT = {"Action": "s3:*", "Resource": "*"}
        aws.iam.RolePolicy("reader",
            policy=json.dumps({"Statement": [
                {"Sid": "Read"},
                STATEMENT,  # HERE
            ]}))
    """,
    "import under another name": """
        from pulumi_aws.iam import RolePolicy as Inline
        Inline("reader", policy=json.dumps({"Statement": [{"Sid": "Read"},  # THIS
            {"Action": "s3:*"}]}))  # HERE
    """,
    "arguments in an object": """
        aws.iam.RolePolicy("reader", aws.iam.RolePolicyArgs(
            policy=json.dumps({"Statement": [{"Sid": "Read"},
                {"Action": "s3:*"}]})))  # HERE
    """,
    "arguments that are unpacked": """
        ARGUMENTS = {
            "policy": json.dumps({"Statement": [{"Sid": "Read"},
                {"Action": "s3:*"}]}),  # HERE
        }
        aws.iam.RolePolicy("reader", **ARGUMENTS)
    """,
    "wrapper of a library": """
        wrappers.everything("reader", policy={"Action": "s3:*"})  # THIS
    """,
    "not Python": """
        RolePolicy("reader", policy={{]
    """,
}


@pytest.mark.parametrize("source", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_line_of_a_statement(source: str, tmp_path: Path) -> None:
    check(*lines(tmp_path, source))


GROUP = "aws:ec2/securityGroup:SecurityGroup"
OPEN = {
    "ingress": [{"protocol": "tcp", "cidrBlocks": ["10.0.0.0/8"]}, {"protocol": "tcp", "cidrBlocks": ["0.0.0.0/0"]}]
}
PROPERTIES = {
    "list item and its key": (
        """
        aws.ec2.SecurityGroup(
            "reader",
            ingress=[
                {"protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"]},
                {
                    "protocol": "tcp",
                    "cidr_blocks": ["0.0.0.0/0"],  # HERE
                },
            ],
        )
        """,
        "ingress[1].cidrBlocks",
    ),
    "the item of a block, of arguments": (
        """
        aws.ec2.SecurityGroup(
            "reader",
            ingress=[
                aws.ec2.SecurityGroupIngressArgs(protocol="tcp", cidr_blocks=["10.0.0.0/8"]),
                aws.ec2.SecurityGroupIngressArgs(
                    protocol="tcp",
                    cidr_blocks=[
                        "0.0.0.0/0",  # HERE
                    ],
                ),
            ],
        )
        """,
        "ingress[1].cidrBlocks[0]",
    ),
    "a property that is missing": ('aws.ec2.SecurityGroup("reader", ingress=rules)', "egress"),
    "the resource": ('aws.ec2.SecurityGroup("reader", ingress=rules)', ""),
    "rules of a loop": (
        """
        aws.ec2.SecurityGroup(
            "reader",
            ingress=[
                {"protocol": "tcp", "cidr_blocks": [block]}  # HERE
                for block in blocks
            ],
        )
        """,
        "ingress[1].cidrBlocks",
    ),
}


@pytest.mark.parametrize(("source", "path"), PROPERTIES.values(), ids=PROPERTIES)
def test_the_line_of_a_property(source: str, path: str, tmp_path: Path) -> None:
    check(*lines(tmp_path, source, path, OPEN, GROUP))


def test_a_name_of_another_module_is_followed(tmp_path: Path) -> None:
    other = tmp_path / "documents.py"
    other.write_text('ALL = {\n    "Action": "s3:*",\n}\n')
    for source in (
        'from documents import ALL\nRolePolicy("reader", policy={"Statement": [{"Sid": "Read"}, ALL]})',
        'import documents\nRolePolicy("reader", policy={"Statement": [{"Sid": "Read"}, documents.ALL]})',
    ):
        found, _ = lines(tmp_path, source)
        assert found.stated == Position(str(other), 1)


def test_a_source_that_is_edited_is_read_again(tmp_path: Path) -> None:
    source = 'RolePolicy("reader", policy={"Statement": [{"Sid": "Read"},\n%s{"Action": "s3:*"}]})  # HERE'
    check(*lines(tmp_path, source % ""))
    check(*lines(tmp_path, source % "\n\n"))


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"\xff\xfe", b"(" * 5000, b"if True:\n" * 200 + b"x", b"x = " + b"-" * 20000 + b"1"]
)
def test_a_source_that_cannot_be_parsed_is_no_error(content: bytes, tmp_path: Path) -> None:
    lines(tmp_path, 'RolePolicy("reader", policy={"Statement": [{"Sid": "Read"}, {}]})')
    (tmp_path / "__main__.py").write_bytes(content)
    resource = Resource(
        "aws:iam/rolePolicy:RolePolicy", "reader", {"policy": document(READ)}, position=Position("__main__.py", 1)
    )
    found = lines_of(Outcome(Kind.VIOLATION, WILDCARD, resource, "policy.Statement[0]", "", ""), tmp_path)
    assert found == Lines(Position(str(tmp_path / "__main__.py"), 1))


def test_names_in_a_circle_end(tmp_path: Path) -> None:
    source = """
        a = b
        b = a
        def f(x): return f(x)
        RolePolicy("reader", policy=f(a))
    """
    check(*lines(tmp_path, source))


def test_a_resource_outside_of_the_repository_has_no_line(tmp_path: Path) -> None:
    resource = Resource("aws:s3/bucket:Bucket", "inbox", position=Position("missing.py", 3))
    assert lines_of(Outcome(Kind.VIOLATION, WILDCARD, resource, "", "", ""), tmp_path) == Lines()
