"""What newly passes through a VPC endpoint or a session, whose policy only narrows what other documents allow.

Who sends requests through an endpoint, or what the role of a session is allowed, is not known, so wider is undecided.
Without a policy everything passes. Sources: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import TOO_MANY, Access, newly
from policypack.access.solver.partition import TooManyCellsError
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.solver.witness import witness_of
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.gains import Gain, Holding, Key, place_in
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document import Effect, Statement
from policypack.iam.document_readers import RESOURCE, documents_of
from policypack.iam.tables import DocumentKind
from policypack.resources.attachments import AttachedDocument, Unread, UnreadAttachment
from policypack.resources.references import resolve, written

ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
ENDPOINT_POLICY = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
NARROWING = (*RESOURCE, DocumentKind.BOUNDARY)
SESSIONS = (
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "aws:rolesanywhere/profile:Profile",
    "aws:transfer/access:Access",
    "aws:transfer/user:User",
)
"""Types with a session policy for the role that they name."""
EVERYTHING = Access.of([Statement("", Effect.ALLOW, actions=("*",), resources=("*",))])
WIDER = "the endpoint's policy no longer stops this, and who sends requests through it is not known"
WIDER_SESSION = "the session policy no longer stops this, and its role may be allowed it"
UNREAD = "the policy, which only narrows, cannot be read here"


def endpoint_gains(new: tuple[Stack, Places], old: tuple[Stack, Places]) -> Iterator[Gain]:
    """Each endpoint and each session of both stacks that lets more pass."""
    after = _policies(*new)
    left = {_key(new[1], endpoint): endpoint for endpoint in new[0].of(ENDPOINT, *SESSIONS)}
    for key, before in _policies(*old).items():
        now = after.get(key) or Holding(left.get(key, before.holder))
        if key in after or key in left or before.holder.type == ENDPOINT_POLICY:
            yield from _wider(now, before)


def _policies(stack: Stack, places: Places) -> Mapping[Key, Holding]:
    """The policies of each endpoint, which one outside of the stack may have too, and of each session."""
    by_endpoint: dict[Key, Holding] = {}
    for carrier in stack.of(ENDPOINT, ENDPOINT_POLICY, *SESSIONS):
        outside = carrier.type == ENDPOINT_POLICY
        endpoint = (resolve(stack, carrier, "vpcEndpointId", ENDPOINT).only if outside else None) or carrier
        for path, document in () if carrier.external else documents_of(carrier, NARROWING):
            holding = by_endpoint.get(_key(places, endpoint)) or Holding(endpoint)
            if isinstance(document, Unknown):
                holding = holding.including(unseen=(UnreadAttachment(carrier, path, Unread.DOCUMENT),))
            else:
                holding = holding.including(carried=(AttachedDocument(carrier, path, document),))
            by_endpoint[_key(places, endpoint)] = holding
    return by_endpoint


def _key(places: Places, endpoint: Resource) -> Key:
    identity = written(endpoint, "vpcEndpointId") if endpoint.type == ENDPOINT_POLICY else None
    return ("outside", identity) if isinstance(identity, str) else places.of(endpoint)


def _wider(now: Holding, before: Holding) -> Iterator[Gain]:
    endpoint = now.holder
    for unseen in now.unseen or before.unseen:
        yield Gain(endpoint, unseen.resource, unseen.path, Answer(Verdict.UNDECIDED, UNREAD))
        return
    allowed = now.access(Bound.MOST) if now.carried else EVERYTHING
    try:
        gain = newly(allowed, before.access(Bound.LEAST), attached=False)
    except TooManyCellsError:
        yield Gain(endpoint, endpoint, "", Answer(Verdict.UNDECIDED, TOO_MANY))
        return
    if gain:
        request, allow = gain
        place = place_in(now, allow, Bound.MOST) if now.carried else (endpoint, "")
        why = WIDER_SESSION if endpoint.type in SESSIONS else WIDER
        yield Gain(endpoint, *place, Answer(Verdict.UNDECIDED, why, allow.path, witness_of(request)))
