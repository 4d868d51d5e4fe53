"""The AWS functions that write a JSON document from their arguments, other than IAM's: each document's form is a table.

Sources: the data sources of https://github.com/hashicorp/terraform-provider-aws, which pulumi-aws calls, in
internal/service: `ecr/lifecycle_policy_document_data_source.go`, `logs/data_protection_policy_document_data_source.go`,
`route53/traffic_policy_document_data_source.go` and `networkmanager/core_network_policy_document_data_source.go`.
They touch no cloud. Sets come in the order of helper/schema/set.go of https://github.com/hashicorp/terraform-plugin-sdk:
by the checksum of each element, as text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackguard.preview.go_json import dumps

Encoder = Callable[[Any], Any]
EMPTY: tuple[Any, ...] = (None, "", False, 0, [])
"""What Go's `omitempty` leaves out. An object is a pointer there, so an empty one stays."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a document: its name, the argument that it is made of, and how.

    A field with a `default` is always written, one without only where it has a value.
    """

    name: str
    argument: str
    encode: Encoder = lambda value: value
    default: Any = None

    def of(self, args: Mapping[str, Any]) -> Any:
        """The field's value; None where there is none."""
        value = args.get(self.argument)
        value = self.default if value is None else value
        return None if value is None else self.encode(value)


@dataclass(frozen=True, slots=True)
class Form:
    """The form of an object in a document: its fields in order."""

    fields: tuple[Field, ...]

    def __call__(self, args: Any) -> dict[str, Any]:
        """The object, made of these arguments."""
        found = ((field, field.of(args or {})) for field in self.fields)
        return {
            field.name: value
            for field, value in found
            if field.default is not None or isinstance(value, dict) or value not in EMPTY
        }


def form(*fields: Field) -> Form:
    """A form of these fields."""
    return Form(fields)


def each(encode: Encoder) -> Encoder:
    """The elements of a list, in order."""
    return lambda values: [encode(value) for value in values]


def checksum(text: str) -> str:
    """What the provider makes the id of a document, and orders sets by."""
    return str(zlib.crc32(text.encode()))


def texts(values: Sequence[str]) -> list[str]:
    """A set of texts."""
    return sorted(dict.fromkeys(values), key=lambda value: checksum(f"{value};"))


def text_sets(values: Sequence[Sequence[str]]) -> list[list[str]]:
    """A set of sets of texts."""
    sets = [texts(value) for value in values]
    return sorted(sets, key=lambda value: checksum("{" + "".join(f"{element};" for element in value) + "};"))


def descending(values: Sequence[str]) -> list[str]:
    """A set of texts where the provider sorts them."""
    return sorted(set(values), reverse=True)


def records(shape: Form) -> Encoder:
    """A set of objects of texts and flags."""

    def key(args: Mapping[str, Any]) -> str:
        named = sorted((re.sub(r"(?=[A-Z])", "_", field.argument).lower(), field) for field in shape.fields)
        values = ((name, "" if field.encode is not bool else "0", args.get(field.argument)) for name, field in named)
        return checksum("".join(f"{name}:{'1' if value is True else value or zero};" for name, zero, value in values))

    return lambda values: [shape(value) for value in sorted((value or {} for value in values), key=key)]


def keyed(shape: Form) -> Encoder:
    """A map by the elements' `id`, as Go writes maps: sorted."""
    return lambda values: {value["id"]: shape(value) for value in sorted(values, key=lambda value: value["id"])}


LIFECYCLE = form(
    Field("rulePriority", "priority", int),
    Field("description", "description"),
    Field(
        "selection",
        "selection",
        form(
            Field("tagStatus", "tagStatus"),
            Field("tagPatternList", "tagPatternLists"),
            Field("tagPrefixList", "tagPrefixLists"),
            Field("storageClass", "storageClass"),
            Field("countType", "countType"),
            Field("countUnit", "countUnit"),
            Field("countNumber", "countNumber", int),
        ),
    ),
    Field(
        "action",
        "action",
        form(Field("targetStorageClass", "targetStorageClass"), Field("type", "type")),
        default={"type": "expire"},
    ),
)

DESTINATION = form(
    Field("CloudWatchLogs", "cloudwatchLogs", form(Field("LogGroup", "logGroup"))),
    Field("Firehose", "firehose", form(Field("DeliveryStream", "deliveryStream"))),
    Field("S3", "s3", form(Field("Bucket", "bucket"))),
)
DATA_PROTECTION = form(
    Field(
        "Configuration",
        "configuration",
        form(
            Field(
                "CustomDataIdentifier",
                "customDataIdentifiers",
                each(form(Field("Name", "name"), Field("Regex", "regex"))),
            )
        ),
    ),
    Field("Description", "description"),
    Field("Name", "name"),
    Field(
        "Statement",
        "statements",
        each(
            form(
                Field("Sid", "sid"),
                Field("DataIdentifier", "dataIdentifiers", texts),
                Field(
                    "Operation",
                    "operation",
                    form(
                        Field("Audit", "audit", form(Field("FindingsDestination", "findingsDestination", DESTINATION))),
                        Field("Deidentify", "deidentify", form(Field("MaskConfig", "maskConfig", form()))),
                    ),
                ),
            )
        ),
    ),
    Field("Version", "version", default="2021-06-01"),
)

TARGET = (Field("EndpointReference", "endpointReference"), Field("RuleReference", "ruleReference"))
HEALTH = (Field("EvaluateTargetHealth", "evaluateTargetHealth", bool), Field("HealthCheck", "healthCheck"))
FAILOVER = form(*TARGET, *HEALTH)
GEOLOCATION = form(
    *TARGET,
    Field("IsDefault", "isDefault", bool),
    Field("Continent", "continent"),
    Field("Country", "country"),
    Field("Subdivision", "subdivision"),
    *HEALTH,
)
PROXIMITY = form(
    *TARGET,
    Field("Region", "region"),
    Field("Latitude", "latitude"),
    Field("Longitude", "longitude"),
    Field("Bias", "bias"),
    *HEALTH,
)
TRAFFIC = form(
    Field("AWSPolicyFormatVersion", "version", default="2015-10-01"),
    Field("RecordType", "recordType"),
    Field("StartEndpoint", "startEndpoint"),
    Field("StartRule", "startRule"),
    Field(
        "Endpoints",
        "endpoints",
        keyed(form(Field("Type", "type"), Field("Region", "region"), Field("Value", "value"))),
    ),
    Field(
        "Rules",
        "rules",
        keyed(
            form(
                Field("RuleType", "type"),
                Field("Primary", "primary", FAILOVER),
                Field("Secondary", "secondary", FAILOVER),
                Field("Locations", "locations", records(GEOLOCATION)),
                Field("GeoproximityLocations", "geoProximityLocations", records(PROXIMITY)),
                Field("Regions", "regions", records(form(*TARGET, Field("Region", "region"), *HEALTH))),
                Field("Items", "items", records(form(TARGET[0], HEALTH[1]))),
            )
        ),
    ),
)


def _document(args: Mapping[str, Any], document: Mapping[str, Any], text: str, version: str) -> dict[str, Any]:
    return {**args, "version": document[version], "json": text, "id": checksum(text)}


def lifecycle_policy(args: Mapping[str, Any]) -> dict[str, Any]:
    """`aws.ecr.get_lifecycle_policy_document`: rules for the images of a repository."""
    return {**args, "json": dumps({"rules": each(LIFECYCLE)(args.get("rules") or [])}, indent=2)}


def data_protection_policy(args: Mapping[str, Any]) -> dict[str, Any]:
    """`aws.cloudwatch.get_log_data_protection_policy_document`: what a log group looks for and masks.

    Raises:
        ValueError: the first statement is not about the audit alone, or the second not about masking alone.

    """
    operations = [set((each.get("operation") or {}).keys()) for each in args.get("statements") or []]
    if operations != [{"audit"}, {"deidentify"}]:
        raise ValueError("there must be two policy statements: one with the audit operation, then one with deidentify")
    document = DATA_PROTECTION(args)
    return _document(args, document, dumps(document, indent=2) + "\n", "Version")


def traffic_policy(args: Mapping[str, Any]) -> dict[str, Any]:
    """`aws.route53.get_traffic_policy_document`: rules by which Route 53 answers."""
    document = TRAFFIC(args)
    return _document(args, document, dumps(document), "AWSPolicyFormatVersion")
