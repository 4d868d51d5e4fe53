"""Whom the trust policy of a role takes in: everybody by a wildcard, or everybody whom an identity provider vouches for."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.exposure.identity import issuer, loose_claim
from policypack.access.exposure.public import exposure
from policypack.access.solver.bounds import unknown_paths
from policypack.access.solver.verdict import Answer, Verdict, Witness
from policypack.iam.addresses import everything
from policypack.iam.document import PolicyDocument, Statement


def trusting(document: PolicyDocument) -> Iterator[Answer]:
    """An answer for each way in which an Allow statement takes in outsiders, or may."""
    for statement in document.statements:
        if statement.allows:
            yield from _wildcards(document, statement)
            yield from _providers(document, statement)


def _wildcards(document: PolicyDocument, statement: Statement) -> Iterator[Answer]:
    """Judges the statement with what the document denies, leaving out identity providers."""
    principals = statement.principals and tuple(each for each in statement.principals if each.type != "Federated")
    alone = msgspec.structs.replace(statement, principals=principals)
    denials = (each for each in document.statements if not each.allows)
    answer = exposure(
        msgspec.structs.replace(document, statements=(alone, *denials), unknowns=_within(document, statement))
    )
    element = "NotPrincipal" if statement.not_principals is not None else "Principal"
    if answer.verdict is Verdict.PUBLIC and answer.witness:
        witness = _assuming(answer.witness, statement)
        yield Answer(Verdict.PUBLIC, answer.why, statement.at(element), witness)
    elif answer.verdict is Verdict.UNDECIDED:
        unknown = unknown_paths(document, statement, "Principal", "NotPrincipal", "Condition")
        why = "cannot be told open or not"
        yield Answer(Verdict.UNDECIDED, "" if unknown else why, unknown[0] if unknown else statement.at(element))


def _assuming(witness: Witness, statement: Statement) -> Witness:
    """A trust policy names no resource: it is the role itself."""
    action = next((each for each in statement.actions or () if "*" not in each), "sts:AssumeRole")
    outsider = witness.outsider.replace("on the internet", "with an AWS account")
    return msgspec.structs.replace(witness, outsider=outsider, action=action, resource="this role")


def _within(document: PolicyDocument, statement: Statement) -> tuple[tuple[str, str], ...]:
    """The unknowns but for those of other Allow statements and of whole statements, which are reported apart."""
    others = tuple(f"{each.path}." for each in document.statements if each.allows and each is not statement)
    whole = {path for element, path in document.unknowns if element in ("Statement", "Effect")}
    return tuple(
        (element, path) for element, path in document.unknowns if path not in whole and not path.startswith(others)
    )


def _providers(document: PolicyDocument, statement: Statement) -> Iterator[Answer]:
    for principal in statement.principals or ():
        provider = issuer(principal)
        if provider is not None and (missing := loose_claim(statement, provider)):
            unknown = unknown_paths(document, statement, "Condition")
            if unknown:
                yield Answer(Verdict.UNDECIDED, "", unknown[0])
            else:
                who = f"anyone whom `{provider}` vouches for"
                action = "sts:AssumeRoleWithWebIdentity"
                witness = Witness(who, everything().example(), action, "this role")
                why = f"trusts everybody whom `{provider}` vouches for: {missing}"
                yield Answer(Verdict.PUBLIC, why, statement.at("Principal"), witness)
