"""`aws.networkmanager.get_core_network_policy_document`, computed: the form of a Cloud WAN policy.

Source: internal/service/networkmanager/core_network_policy_document_data_source.go and core_network_policy_model.go of
https://github.com/hashicorp/terraform-provider-aws. Of what the provider refuses, only `share-with` is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackguard.preview.go_json import dumps
from stackguard.preview.provider.documents import Field, checksum, descending, each, form, text_sets

OF_ACTION = {
    "share": {"segment", "mode", "shareWith"},
    "create-route": {"segment", "destinationCidrBlocks", "destinations", "description"},
    "associate-routing-policy": {"segment", "edgeLocationAssociation"},
    "send-via": {"segment", "mode", "whenSentTo", "via"},
    "send-to": {"segment", "mode", "whenSentTo", "via"},
}
"""The arguments that a segment action of each kind takes; others are not written."""


def _whole(values: list[str]) -> str | list[str]:
    """Segments by name, or `*` for all."""
    names = descending(values)
    return "*" if names[:1] == ["*"] else names


def _typed(args: Mapping[str, Any]) -> dict[str, Any]:
    """A condition or an action of a routing rule, whose value is text, a number or a list of numbers by its type."""
    kind, value = args.get("type") or "", args.get("value")
    if kind == "asn-in-as-path" and value and value.isdecimal():
        value = int(value)
    elif kind in ("prepend-asn-list", "remove-asn-list", "replace-asn-list") and value:
        value = [int(each) for each in map(str.strip, value.split(",")) if each.isdecimal()]
    return {"type": kind, **({} if value in (None, "") else {"value": value})}


EDGE_LOCATION = form(
    Field("location", "location"),
    Field("asn", "asn", int),
    Field("inside-cidr-blocks", "insideCidrBlocks", descending),
)
CONFIGURATION = form(
    Field("asn-ranges", "asnRanges", descending, default=[]),
    Field("inside-cidr-blocks", "insideCidrBlocks", descending),
    Field("vpn-ecmp-support", "vpnEcmpSupport", default=True),
    Field("edge-locations", "edgeLocations", each(EDGE_LOCATION)),
    Field("dns-support", "dnsSupport", default=True),
    Field("security-group-referencing-support", "securityGroupReferencingSupport", default=False),
)
SEGMENT = form(
    Field("name", "name"),
    Field("description", "description"),
    Field("edge-locations", "edgeLocations", descending),
    Field("isolate-attachments", "isolateAttachments", default=False),
    Field("require-attachment-acceptance", "requireAttachmentAcceptance", default=True),
    Field("deny-filter", "denyFilters", descending),
    Field("allow-filter", "allowFilters", descending),
)
ROUTING_RULE = form(
    Field("rule-number", "ruleNumber", int),
    Field(
        "rule-definition",
        "ruleDefinition",
        form(
            Field("condition-logic", "conditionLogic", default="and"),
            Field("match-conditions", "matchConditions", each(_typed)),
            Field("action", "action", _typed),
        ),
    ),
)
ROUTING_POLICY = form(
    Field("routing-policy-name", "routingPolicyName"),
    Field("routing-policy-description", "routingPolicyDescription"),
    Field("routing-policy-direction", "routingPolicyDirection"),
    Field("routing-policy-number", "routingPolicyNumber", int),
    Field("routing-policy-rules", "routingPolicyRules", each(ROUTING_RULE)),
)
FUNCTION_GROUP = form(
    Field("name", "name"),
    Field("description", "description"),
    Field("require-attachment-acceptance", "requireAttachmentAcceptance", default=False),
)
EDGE_OVERRIDE = form(Field("edge-sets", "edgeSets", text_sets), Field("use-edge-location", "useEdgeLocation"))
SEGMENT_ACTION = form(
    Field("action", "action"),
    Field("segment", "segment"),
    Field("mode", "mode"),
    Field("share-with", "shareWith"),
    Field("destination-cidr-blocks", "destinationCidrBlocks", descending),
    Field("destinations", "destinations", descending),
    Field("description", "description"),
    Field("when-sent-to", "whenSentTo", form(Field("segments", "segments", _whole))),
    Field(
        "via",
        "via",
        form(
            Field("network-function-groups", "networkFunctionGroups", descending),
            Field("with-edge-overrides", "withEdgeOverrides", each(EDGE_OVERRIDE)),
        ),
    ),
    Field(
        "edge-location-association",
        "edgeLocationAssociation",
        form(
            Field("edge-location", "edgeLocation"),
            Field("peer-edge-location", "peerEdgeLocation"),
            Field("routing-policy-names", "routingPolicyNames", descending),
        ),
    ),
)


def _segment_action(args: Mapping[str, Any]) -> dict[str, Any]:
    taken = {name: value for name, value in args.items() if name in OF_ACTION.get(args["action"], ())}
    if args["action"] == "share":
        shared, kept = args.get("shareWiths"), args.get("shareWithExcepts")
        if bool(shared) == bool(kept):
            raise ValueError("you must specify only 1 of `share_with` or `share_with_except`")
        taken["shareWith"] = _whole(shared) if shared else {"except": descending(kept or [])}
    if "via" in taken:
        overrides = [
            {**each, "useEdgeLocation": each.get("useEdgeLocation") or each.get("useEdge")}
            for each in taken["via"].get("withEdgeOverrides") or []
        ]
        taken["via"] = {**taken["via"], "withEdgeOverrides": overrides}
    return SEGMENT_ACTION({**taken, "action": args["action"]})


ATTACHMENT_POLICY = form(
    Field("rule-number", "ruleNumber", int),
    Field("description", "description"),
    Field("condition-logic", "conditionLogic"),
    Field(
        "conditions",
        "conditions",
        each(form(Field("type", "type"), Field("operator", "operator"), Field("key", "key"), Field("value", "value"))),
        default=[],
    ),
    Field(
        "action",
        "action",
        form(
            Field("association-method", "associationMethod"),
            Field("segment", "segment"),
            Field("tag-value-of-key", "tagValueOfKey"),
            Field("require-acceptance", "requireAcceptance"),
            Field("add-to-network-function-group", "addToNetworkFunctionGroup"),
        ),
    ),
)
ROUTING_POLICY_RULE = form(
    Field("rule-number", "ruleNumber", int),
    Field("description", "description"),
    Field("edge-locations", "edgeLocations", descending),
    Field("conditions", "conditions", each(form(Field("type", "type"), Field("value", "value"))), default=[]),
    Field("action", "action", form(Field("associate-routing-policies", "associateRoutingPolicies", descending))),
)
DOCUMENT = form(
    Field("version", "version", default="2021.12"),
    Field(
        "core-network-configuration",
        "coreNetworkConfigurations",
        lambda values: CONFIGURATION(values[0] if values else {}),
    ),
    Field("segments", "segments", each(SEGMENT), default=[]),
    Field("routing-policies", "routingPolicies", each(ROUTING_POLICY)),
    Field("network-function-groups", "networkFunctionGroups", each(FUNCTION_GROUP)),
    Field("segment-actions", "segmentActions", each(_segment_action)),
    Field("attachment-policies", "attachmentPolicies", each(ATTACHMENT_POLICY)),
    Field("attachment-routing-policy-rules", "attachmentRoutingPolicyRules", each(ROUTING_POLICY_RULE)),
)


def core_network_policy(args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The data source's result; None for a segment action with `routingPolicyNames`, which its source does not show.

    Args:
        args: known values by their schema names.

    Raises:
        ValueError: an action shares a segment with none, or both with some and with all but some.

    """
    if any(each.get("routingPolicyNames") for each in args.get("segmentActions") or []):
        return None
    document = DOCUMENT(args)
    text = dumps(document, indent=2)
    return {**args, "version": document["version"], "json": text, "id": checksum(text)}
