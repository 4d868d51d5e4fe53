"""Amazon Resource Names. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html."""

from __future__ import annotations

import msgspec


class Arn(msgspec.Struct, frozen=True):
    """The five parts after `arn:`. S3 bucket ARNs have neither region nor account."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @staticmethod
    def parse(text: str) -> Arn | None:
        """The parts, or None if `text` is not an ARN. Wildcards stay as they are."""
        parts = text.split(":", 5)
        if len(parts) < 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            return None
        return Arn(*parts[1:])
