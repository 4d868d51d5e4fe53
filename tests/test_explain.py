from __future__ import annotations

import yaml

from policypack.examples import Example
from policypack.policy import Asset, Reference, Resource, Unknown
from stackguard.explain import examples, paragraphs


def test_examples_are_pulumis_yaml_with_documents_written_out() -> None:
    inputs = {
        "policy": '{"Statement": [{"Effect": "Allow"}]}',
        "template": "{not json}",
        "bucket": Reference("urn:pulumi:s::p::aws:s3/bucket:Bucket::inbox"),
        "arn": Unknown(),
        "code": Asset(members={"main.py": Asset(path="main.py"), "note": Asset(text="hello")}, archive=True),
        "names": ("a", "b"),
        "size": 3,
    }
    resource = Resource("a:b:C", "c", inputs, provider="urn:pulumi:s::p::pulumi:providers:aws::main")
    assert yaml.safe_load(examples(Example((resource, Resource("a:b:D", "d"))))) == {
        "c": {
            "type": "a:b:C",
            "properties": {
                "policy": {"Statement": [{"Effect": "Allow"}]},
                "template": "{not json}",
                "bucket": "${inbox}",
                "arn": "(is known only after the update)",
                "code": {"main.py": "main.py", "note": "hello"},
                "names": ["a", "b"],
                "size": 3,
            },
            "options": {"provider": "main"},
        },
        "d": {"type": "a:b:D"},
    }


def test_a_docstring_is_its_paragraphs() -> None:
    assert paragraphs("One\nline.\n\n    Two\n    lines.\n") == ["One line.", "Two lines."]
    assert paragraphs("") == []
