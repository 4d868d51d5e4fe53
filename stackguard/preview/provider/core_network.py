"""The result of `aws.networkmanager.get_core_network_policy_document`: a Cloud WAN policy.

Source: internal/service/networkmanager/core_network_policy_document_data_source.go and core_network_policy_model.go of
https://github.com/hashicorp/terraform-provider-aws. Of what the provider refuses, only `share-with` is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackguard.preview.go_json import dumps
from stackguard.preview.provider.documents import DocumentField, Form, descending, list_of, text_sets
from stackguard.preview.provider.templates import checksum

OF_ACTION = {
    "share": {"segment", "mode", "shareWith"},
    "create-route": {"segment", "destinationCidrBlocks", "destinations", "description"},
    "associate-routing-policy": {"segment", "edgeLocationAssociation"},
    "send-via": {"segment", "mode", "whenSentTo", "via"},
    "send-to": {"segment", "mode", "whenSentTo", "via"},
}
"""The arguments that a segment action of each kind takes; others are not written."""


def _segments(values: list[str]) -> str | list[str]:
    """Segments by name, or `*` for all."""
    names = descending(values)
    return "*" if names[:1] == ["*"] else names


def _typed(args: Mapping[str, Any]) -> dict[str, Any]:
    """A condition or an action of a routing rule; its type decides whether its value is text, a number or a list of numbers."""
    kind, value = args.get("type") or "", args.get("value")
    if kind == "asn-in-as-path" and value and value.isdecimal():
        value = int(value)
    elif kind in ("prepend-asn-list", "remove-asn-list", "replace-asn-list") and value:
        value = [int(part) for part in map(str.strip, value.split(",")) if part.isdecimal()]
    return {"type": kind, **({} if value in (None, "") else {"value": value})}


EDGE_LOCATION = Form("location", DocumentField("asn", int), DocumentField("inside-cidr-blocks", descending))
CONFIGURATION = Form(
    DocumentField("asn-ranges", descending, default=[]),
    DocumentField("inside-cidr-blocks", descending),
    DocumentField("vpn-ecmp-support", default=True),
    DocumentField("edge-locations", list_of(EDGE_LOCATION)),
    DocumentField("dns-support", default=True),
    DocumentField("security-group-referencing-support", default=False),
)
SEGMENT = Form(
    "name",
    "description",
    DocumentField("edge-locations", descending),
    DocumentField("isolate-attachments", default=False),
    DocumentField("require-attachment-acceptance", default=True),
    DocumentField("deny-filter", descending, argument="denyFilters"),
    DocumentField("allow-filter", descending, argument="allowFilters"),
)
ROUTING_RULE = Form(
    DocumentField("rule-number", int),
    DocumentField(
        "rule-definition",
        Form(
            DocumentField("condition-logic", default="and"),
            DocumentField("match-conditions", list_of(_typed)),
            DocumentField("action", _typed),
        ),
    ),
)
ROUTING_POLICY = Form(
    "routing-policy-name",
    "routing-policy-description",
    "routing-policy-direction",
    DocumentField("routing-policy-number", int),
    DocumentField("routing-policy-rules", list_of(ROUTING_RULE)),
)
FUNCTION_GROUP = Form("name", "description", DocumentField("require-attachment-acceptance", default=False))
EDGE_OVERRIDE = Form(DocumentField("edge-sets", text_sets), "use-edge-location")
SEGMENT_ACTION = Form(
    "action",
    "segment",
    "mode",
    "share-with",
    DocumentField("destination-cidr-blocks", descending),
    DocumentField("destinations", descending),
    "description",
    DocumentField("when-sent-to", Form(DocumentField("segments", _segments))),
    DocumentField(
        "via",
        Form(
            DocumentField("network-function-groups", descending),
            DocumentField("with-edge-overrides", list_of(EDGE_OVERRIDE)),
        ),
    ),
    DocumentField(
        "edge-location-association",
        Form("edge-location", "peer-edge-location", DocumentField("routing-policy-names", descending)),
    ),
)


def _segment_action(args: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in args.items() if name in OF_ACTION.get(args["action"], ())}
    if args["action"] == "share":
        shared, excepted = args.get("shareWiths"), args.get("shareWithExcepts")
        if bool(shared) == bool(excepted):
            raise ValueError("you must specify only 1 of `share_with` or `share_with_except`")
        fields["shareWith"] = _segments(shared) if shared else {"except": descending(excepted or [])}
    if "via" in fields:
        overrides = [
            {**override, "useEdgeLocation": override.get("useEdgeLocation") or override.get("useEdge")}
            for override in fields["via"].get("withEdgeOverrides") or []
        ]
        fields["via"] = {**fields["via"], "withEdgeOverrides": overrides}
    return SEGMENT_ACTION({**fields, "action": args["action"]})


ATTACHMENT_POLICY = Form(
    DocumentField("rule-number", int),
    "description",
    "condition-logic",
    DocumentField("conditions", list_of(Form("type", "operator", "key", "value")), default=[]),
    DocumentField(
        "action",
        Form(
            "association-method", "segment", "tag-value-of-key", "require-acceptance", "add-to-network-function-group"
        ),
    ),
)
ROUTING_POLICY_RULE = Form(
    DocumentField("rule-number", int),
    "description",
    DocumentField("edge-locations", descending),
    DocumentField("conditions", list_of(Form("type", "value")), default=[]),
    DocumentField("action", Form(DocumentField("associate-routing-policies", descending))),
)
DOCUMENT = Form(
    DocumentField("version", default="2021.12"),
    DocumentField(
        "core-network-configuration",
        lambda values: CONFIGURATION(values[0] if values else {}),
        argument="coreNetworkConfigurations",
    ),
    DocumentField("segments", list_of(SEGMENT), default=[]),
    DocumentField("routing-policies", list_of(ROUTING_POLICY)),
    DocumentField("network-function-groups", list_of(FUNCTION_GROUP)),
    DocumentField("segment-actions", list_of(_segment_action)),
    DocumentField("attachment-policies", list_of(ATTACHMENT_POLICY)),
    DocumentField("attachment-routing-policy-rules", list_of(ROUTING_POLICY_RULE)),
)


def core_network_policy(args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The data source's result; None for a segment action with `routingPolicyNames`, whose form its source does not show.

    Args:
        args: known values by their schema names.

    Raises:
        ValueError: an action shares a segment with none, or both with some and with all but some.
    """
    if any(action.get("routingPolicyNames") for action in args.get("segmentActions") or []):
        return None
    document = DOCUMENT(args)
    text = dumps(document, indent=2)
    return {**args, "version": document["version"], "json": text, "id": checksum(text)}
