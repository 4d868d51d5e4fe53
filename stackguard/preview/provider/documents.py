"""The AWS functions that write a JSON document from their arguments, except IAM's: a table for each document.

Sources: the data sources of https://github.com/hashicorp/terraform-provider-aws, which pulumi-aws calls, in
internal/service: `ecr/lifecycle_policy_document_data_source.go`, `logs/data_protection_policy_document_data_source.go`,
`route53/traffic_policy_document_data_source.go` and `networkmanager/core_network_policy_document_data_source.go`.
They call no API. Sets have the order of helper/schema/set.go of https://github.com/hashicorp/terraform-plugin-sdk:
by the checksum of each element, as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackguard.preview.go_json import dumps
from stackguard.preview.placeholders.mock import camel
from stackguard.preview.provider.templates import checksum

Encoder = Callable[[Any], Any]
EMPTY: tuple[Any, ...] = (None, "", False, 0, [])
"""What Go's `omitempty` leaves out. An object is a pointer there, so an empty one stays."""


@dataclass(frozen=True, slots=True)
class DocumentField:
    """One field of a document: its name, how its value is encoded, and the argument that it is made of.

    The argument is the name in camel case unless given. A field with a `default` is always written, one without only
    if it has a value.
    """

    name: str
    encode: Encoder = lambda value: value
    argument: str = ""
    default: Any = None

    @property
    def source(self) -> str:
        """The name of the argument."""
        return self.argument or camel(self.name[0].lower() + self.name[1:].replace("-", "_"))

    def of(self, args: Mapping[str, Any]) -> Any:
        """The field's value; None if it has none."""
        value = args.get(self.source)
        value = self.default if value is None else value
        return None if value is None else self.encode(value)


class Form:
    """The form of an object in a document: its fields in order. A name alone is a field that is copied."""

    def __init__(self, *fields: DocumentField | str) -> None:
        self.fields = tuple(DocumentField(field) if isinstance(field, str) else field for field in fields)

    def __call__(self, args: Any) -> dict[str, Any]:
        """The object, made of these arguments."""
        values = ((field, field.of(args or {})) for field in self.fields)
        return {
            field.name: value
            for field, value in values
            if field.default is not None or isinstance(value, dict) or value not in EMPTY
        }


def list_of(encode: Encoder) -> Encoder:
    """The elements of a list, in order."""
    return lambda values: [encode(value) for value in values]


def texts(values: Sequence[str]) -> list[str]:
    """A set of texts."""
    return sorted(dict.fromkeys(values), key=lambda value: checksum(f"{value};"))


def text_sets(values: Sequence[Sequence[str]]) -> list[list[str]]:
    """A set of sets of texts."""
    sets = [texts(value) for value in values]
    return sorted(sets, key=lambda value: checksum("{" + "".join(f"{element};" for element in value) + "};"))


def descending(values: Sequence[str]) -> list[str]:
    """A set of texts that the provider sorts."""
    return sorted(set(values), reverse=True)


def records(shape: Form) -> Encoder:
    """A set of objects of texts and flags."""

    def key(args: Mapping[str, Any]) -> str:
        named = sorted((re.sub(r"(?=[A-Z])", "_", field.source).lower(), field) for field in shape.fields)
        values = ((name, "" if field.encode is not bool else "0", args.get(field.source)) for name, field in named)
        return checksum("".join(f"{name}:{'1' if value is True else value or zero};" for name, zero, value in values))

    return lambda values: [shape(value) for value in sorted((value or {} for value in values), key=key)]


def keyed(shape: Form) -> Encoder:
    """A map by the elements' `id`, as Go writes maps: sorted."""
    return lambda values: {value["id"]: shape(value) for value in sorted(values, key=lambda value: value["id"])}


LIFECYCLE = Form(
    DocumentField("rulePriority", int, argument="priority"),
    "description",
    DocumentField(
        "selection",
        Form(
            "tagStatus",
            DocumentField("tagPatternList", argument="tagPatternLists"),
            DocumentField("tagPrefixList", argument="tagPrefixLists"),
            "storageClass",
            "countType",
            "countUnit",
            DocumentField("countNumber", int),
        ),
    ),
    DocumentField("action", Form("targetStorageClass", "type"), default={"type": "expire"}),
)

DESTINATION = Form(
    DocumentField("CloudWatchLogs", Form("LogGroup"), argument="cloudwatchLogs"),
    DocumentField("Firehose", Form("DeliveryStream")),
    DocumentField("S3", Form("Bucket")),
)
DATA_PROTECTION = Form(
    DocumentField(
        "Configuration",
        Form(DocumentField("CustomDataIdentifier", list_of(Form("Name", "Regex")), argument="customDataIdentifiers")),
    ),
    "Description",
    "Name",
    DocumentField(
        "Statement",
        list_of(
            Form(
                "Sid",
                DocumentField("DataIdentifier", texts, argument="dataIdentifiers"),
                DocumentField(
                    "Operation",
                    Form(
                        DocumentField("Audit", Form(DocumentField("FindingsDestination", DESTINATION))),
                        DocumentField("Deidentify", Form(DocumentField("MaskConfig", Form()))),
                    ),
                ),
            )
        ),
        argument="statements",
    ),
    DocumentField("Version", default="2021-06-01"),
)

TARGET = ("EndpointReference", "RuleReference")
HEALTH = (DocumentField("EvaluateTargetHealth", bool), "HealthCheck")
FAILOVER = Form(*TARGET, *HEALTH)
GEOLOCATION = Form(*TARGET, DocumentField("IsDefault", bool), "Continent", "Country", "Subdivision", *HEALTH)
PROXIMITY = Form(*TARGET, "Region", "Latitude", "Longitude", "Bias", *HEALTH)
TRAFFIC = Form(
    DocumentField("AWSPolicyFormatVersion", argument="version", default="2015-10-01"),
    "RecordType",
    "StartEndpoint",
    "StartRule",
    DocumentField("Endpoints", keyed(Form("Type", "Region", "Value"))),
    DocumentField(
        "Rules",
        keyed(
            Form(
                DocumentField("RuleType", argument="type"),
                DocumentField("Primary", FAILOVER),
                DocumentField("Secondary", FAILOVER),
                DocumentField("Locations", records(GEOLOCATION)),
                DocumentField("GeoproximityLocations", records(PROXIMITY), argument="geoProximityLocations"),
                DocumentField("Regions", records(Form(*TARGET, "Region", *HEALTH))),
                DocumentField("Items", records(Form(TARGET[0], HEALTH[1]))),
            )
        ),
    ),
)


def _document(args: Mapping[str, Any], document: Mapping[str, Any], text: str, version: str) -> dict[str, Any]:
    return {**args, "version": document[version], "json": text, "id": checksum(text)}


def lifecycle_policy(args: Mapping[str, Any]) -> dict[str, Any]:
    """`aws.ecr.get_lifecycle_policy_document`: rules for the images of a repository."""
    return {**args, "json": dumps({"rules": list_of(LIFECYCLE)(args.get("rules") or [])}, indent=2)}


def data_protection_policy(args: Mapping[str, Any]) -> dict[str, Any]:
    """`aws.cloudwatch.get_log_data_protection_policy_document`: the data that a log group finds and masks.

    Raises:
        ValueError: the first statement is not only an audit, or the second not only masking.
    """
    operations = [set((statement.get("operation") or {}).keys()) for statement in args.get("statements") or []]
    if operations != [{"audit"}, {"deidentify"}]:
        raise ValueError("there must be two policy statements: one with the audit operation, then one with deidentify")
    document = DATA_PROTECTION(args)
    return _document(args, document, dumps(document, indent=2) + "\n", "Version")


def traffic_policy(args: Mapping[str, Any]) -> dict[str, Any]:
    """`aws.route53.get_traffic_policy_document`: rules for the answers of Route 53."""
    document = TRAFFIC(args)
    return _document(args, document, dumps(document), "AWSPolicyFormatVersion")
