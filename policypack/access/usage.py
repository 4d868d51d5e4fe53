"""The resource as policies judge it that read one resource at a time: with what only the stack shows of its use."""

from __future__ import annotations

from dataclasses import replace

from policypack.access.exposure.reachability import DOMAINS, domain_network
from policypack.access.policy_targets import TARGETS, target_of
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.tables import canonical
from policypack.resources.attachments import only_boundaries
from policypack.resources.tokens import MANAGED_POLICY

_DOCUMENTS = frozenset(token for token, (_, *targets) in TARGETS.items() if not {*DOMAINS}.isdisjoint(targets))
"""Types of the separate document of a domain."""


def as_used(stack: Stack, resource: Resource) -> Resource:
    """The resource, marked if it is a managed policy that is a boundary only, or the document of a domain in a VPC."""
    if resource.type == MANAGED_POLICY and resource.urn in only_boundaries(stack):
        return replace(resource, only_boundary=True)
    if is_document_of_domain(resource) and _in_a_network(target_of(stack, resource)):
        return replace(resource, in_network=True)
    return resource


def is_document_of_domain(resource: Resource) -> bool:
    """Whether a resource is the separate document of an OpenSearch domain."""
    return canonical(resource.type) in _DOCUMENTS


def _in_a_network(domain: Resource) -> bool:
    options = domain_network(domain)
    return options is not None and not isinstance(options, Unknown)
