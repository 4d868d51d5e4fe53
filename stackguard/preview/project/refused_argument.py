"""A `TypeError` of the program's pulumi-aws in, the clause about the argument that no constructor takes out."""

from __future__ import annotations

import re

from policypack.iam.tables import argument_names, canonical
from policypack.policies.aws.unknown_argument import POLICY, problem
from stackguard.preview.project.project import Project
from stackguard.preview.project.sdk import inner_arguments, inner_types

REFUSED = re.compile(
    r"^TypeError: (?P<type>\w+)\.(?:_internal_init|__init__)\(\) got an unexpected keyword argument '(?P<name>\w+)'",
    re.MULTILINE,
)
CONSTRUCTOR = re.compile(r"[\\/]pulumi_aws[\\/](\w+)[\\/]\w+\.py")


def refused_argument(traceback: str, project: Project) -> str:
    """What is wrong with an argument that ended the program, with the policy's id; empty for another error."""
    match = REFUSED.search(traceback)
    if match is None:
        return ""
    kind, name = match.groups()
    module = [*CONSTRUCTOR.finditer(traceback, 0, match.start())]
    token = f"aws:{module[-1][1].rstrip('_')}/{kind[0].lower()}{kind[1:]}:{kind}" if module else ""
    if known := argument_names(token):
        clause = problem(name, canonical(token), known, inner_types(project.interpreter, token, name))
    elif kind.endswith("Args") and (arguments := inner_arguments(project.interpreter, kind)):
        clause = problem(name, f"aws:index:{kind}", arguments)
    else:
        return ""
    return f"{clause} (`{POLICY.id}`)"
