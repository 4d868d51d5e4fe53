"""An import of a missing module fails only when it runs, so code that was never run hides it.

On the developer's machine the module is installed, or the editor resolves the name. On Lambda the import of the
handler's module fails, so every invocation does; events from S3 are retried twice and then lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import example, packaged, reported_at
from policypack.core.policy import Judgement, Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.lambda_code.missing_modules import MissingImports, imported


def check(imports: MissingImports) -> Iterator[Judgement]:
    for module in imports.missing:
        yield Violation("", module.words(imports.runtime, layered=imports.layered))


HANDLER = """\
import pandas


def handler(event, context):
    return pandas.read_csv(event["body"]).to_json()
"""


def _function(handler: str = HANDLER, **files: str) -> Resource:
    return packaged({"report/handler.py": handler, **files}, handler="report.handler.handler")


POLICY = Policy(
    id="lambda-missing-module",
    title="Handler imports a module that Lambda does not have",
    why=__doc__,
    severity=Severity.HIGH,
    language="Python",
    tags=[Tag.LAMBDA, Tag.RELIABILITY, Tag.SUPPLY_CHAIN],
    fix="Lock the package and bundle it with the function, fix the name, or remove the import.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/python-package.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html",
        "https://docs.python.org/3/library/removed.html",
    ],
    bad=reported_at(
        "code",
        example(_function()),
        example(
            _function("from report.tables import rows\n\n\ndef handler(event, context):\n    return rows(event)\n"),
            note="a missing module of the archive's own package",
        ),
        example(
            _function(
                "try:\n    import orjson as json\nexcept ImportError:\n    import ujson as json\n\n\n"
                "def handler(event, context):\n    return json.dumps(event)\n"
            ),
            note="a last resort that is missing too",
        ),
    ),
    good=[
        example(
            _function(
                **{"pandas/__init__.py": "from pandas.io import read_csv\n", "pandas/io.py": "def read_csv(): ...\n"}
            )
        ),
        example(
            _function("import json\n\nimport boto3\n\n\ndef handler(event, context):\n    return json.dumps(event)\n"),
            note="modules of Lambda's runtime",
        ),
        example(
            _function(
                "try:\n    import pandas\nexcept ImportError:\n    pandas = None\n\n\ndef handler(event, context): ...\n"
            ),
            note="an import that may fail",
        ),
    ],
    reads=over_stack(imported),
    check=check,
)
