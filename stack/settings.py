"""The stack's config: read once, typed, and refused with a message that names the key and the fix."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pulumi
from trusted import Network, parse_networks

T = TypeVar("T")

COMMERCIAL_REGION = re.compile(r"(?!cn-)[a-z]{2}-[a-z]+-[0-9]")
ACCOUNT_ID = re.compile(r"[0-9]{12}")
NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
LONGEST_BASE = 27
"""Of `PROJECT-STACK`: with `-results`, the account id and the longest region, S3's 63 characters are full."""

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html."""


class ConfigError(pulumi.RunError):
    """A config value is missing or wrong. Pulumi prints the message alone, without a traceback."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between stacks. Retention is in days."""

    project: str
    stack: str
    region: str
    account_id: str
    trusted_networks: tuple[Network, ...]
    log_retention_days: int
    object_retention_days: int
    reserved_concurrency: int


def load() -> Settings:
    """The current stack's settings.

    Raises:
        ConfigError: a value is missing or wrong.
    """
    project = pulumi.Config()
    return Settings(
        project=pulumi.get_project(),
        stack=_stack_name(pulumi.get_project(), pulumi.get_stack()),
        region=_read(pulumi.Config("aws"), "region", _region),
        account_id=_read(project, "accountId", _account_id),
        trusted_networks=_read(project, "trustedCidrs", parse_networks),
        log_retention_days=_read(project, "logRetentionDays", _log_retention_days),
        object_retention_days=_read(project, "objectRetentionDays", _from_1_to(3650)),
        reserved_concurrency=_read(project, "reservedConcurrency", _from_1_to(900)),
    )


def _read(config: pulumi.Config, key: str, parse: Callable[[str], T]) -> T:
    full_key = config.full_key(key)
    text = config.get(key)
    if text is None:
        raise ConfigError(f"config `{full_key}` is missing: set it in `Pulumi.{pulumi.get_stack()}.yaml`")
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigError(f"config `{full_key}` {error}") from None


def _stack_name(project: str, stack: str) -> str:
    base = f"{project}-{stack}"
    if not NAME.fullmatch(base):
        raise ConfigError(f"stack `{stack}` cannot name buckets: use lower-case letters, digits and hyphens")
    if len(base) > LONGEST_BASE:
        raise ConfigError(f"`{base}` is too long to name buckets: shorten it to {LONGEST_BASE} characters")
    return stack


def _region(text: str) -> str:
    if not COMMERCIAL_REGION.fullmatch(text):
        raise ValueError("is not a region of the `aws` partition: write one such as `eu-central-1`")
    return text


def _account_id(text: str) -> str:
    if not ACCOUNT_ID.fullmatch(text):
        raise ValueError("is not an account id: write its twelve digits, in quotes so that YAML keeps leading zeros")
    return text


def _log_retention_days(text: str) -> int:
    if not text.isdecimal() or int(text) not in LOG_RETENTION_DAYS:
        raise ValueError(f"is not a retention that CloudWatch Logs has: use one of {LOG_RETENTION_DAYS}")
    return int(text)


def _from_1_to(most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise ValueError(f"is not a whole number from 1 to {most}")
        return int(text)

    return parse
