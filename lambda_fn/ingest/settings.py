"""The function's environment variables, read and refused in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""

MIB = 2**20
LARGEST_OBJECT = 1024 * MIB
"""A normalised row is at most four times its source, and one `PutObject` takes 5 GB."""
DEFAULT_OBJECT = 100 * MIB
"""Four times this fits the 512 MB that `/tmp` has unless the function asks for more."""


class SettingsError(Exception):
    """The environment is wrong: no record can be handled until the function is deployed again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where objects come from and where results go. `ingest_prefix` ends with a slash; sizes are in bytes."""

    results_bucket: str
    ingest_prefix: str
    max_object_bytes: int = DEFAULT_OBJECT

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """`RESULTS_BUCKET`, `INGEST_PREFIX` and, if set, `MAX_OBJECT_BYTES`.

        Raises:
            SettingsError: a variable is missing or wrong; the message names all of them.
        """
        bucket = environment.get("RESULTS_BUCKET", "")
        prefix = environment.get("INGEST_PREFIX", "")
        size = environment.get("MAX_OBJECT_BYTES", str(DEFAULT_OBJECT))
        problems = []
        if not BUCKET_NAME.fullmatch(bucket):
            problems.append("`RESULTS_BUCKET` must be a bucket name")
        if not prefix.endswith("/") or prefix.startswith("/"):
            problems.append("`INGEST_PREFIX` must end, and not begin, with a slash")
        if not re.fullmatch(r"[0-9]{1,10}", size) or not 0 < int(size) <= LARGEST_OBJECT:
            problems.append(f"`MAX_OBJECT_BYTES` must be a whole number from 1 to {LARGEST_OBJECT}")
        if problems:
            raise SettingsError("; ".join(problems))
        return cls(bucket, prefix, int(size))
