"""An import that finds nothing shows only when it runs, and whoever never ran the code never saw it.

On the machine where it was written the module is installed, or its name is right in the editor. On Lambda the handler's
module fails while it is imported, so every invocation does, and events from S3 are retried twice and are lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.aws.import_check import Lacking, imported
from policypack.aws.meaning import FUNCTION
from policypack.policy import Asset, Judgement, Policy, Resource, Severity, Violation, over_stack


def check(found: Lacking) -> Iterator[Judgement]:
    for each in found.missing:
        yield Violation("", each.words(found.runtime, layered=found.layered))


def _function(**files: str) -> Resource:
    handler = "import pandas\n\n\ndef handler(event, context):\n    return pandas.read_csv(event['body']).to_json()\n"
    texts = {"report/handler.py": handler, **files}
    archive = Asset(archive=True, members={name: Asset(text=text) for name, text in texts.items()})
    return Resource(FUNCTION, "report", {"runtime": "python3.13", "handler": "report.handler.handler", "code": archive})


POLICY = Policy(
    id="lambda-missing-module",
    title="Handler imports a module that Lambda does not have",
    why=__doc__,
    severity=Severity.HIGH,
    fix="Lock the package and bundle it with the function, mend the name, or remove the import.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/python-package.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html",
        "https://docs.python.org/3/library/removed.html",
    ],
    bad=_function(),
    good=_function(
        **{"pandas/__init__.py": "from pandas.io import read_csv\n", "pandas/io.py": "def read_csv(): ...\n"}
    ),
    reads=over_stack(imported),
    check=check,
)
