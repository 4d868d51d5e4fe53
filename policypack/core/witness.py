"""The request that shows why something is reported: the access engine finds it, and reports show it as data."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Witness(msgspec.Struct, frozen=True):
    """An example of a request that a document allows."""

    outsider: str
    """A description of the caller."""
    address: str | None
    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()
    """Condition keys that the request must have, with their values."""

    def __str__(self) -> str:
        origin = f", from {self.address}," if self.address else ""
        context = "".join(f", with `{key}` `{value}`" for key, value in self.context)
        return f"{self.outsider}{origin} may `{self.action}` on `{self.resource}`{context}"

    @property
    def keys(self) -> dict[str, str]:
        """The condition keys of the request with their values, the caller's address among them."""
        return ({"aws:SourceIp": self.address} if self.address else {}) | dict(self.context)

    def rewritten(self, rewrite: Callable[[str], str]) -> Witness:
        """The request with each text rewritten."""
        return Witness(
            rewrite(self.outsider),
            self.address and rewrite(self.address),
            rewrite(self.action),
            rewrite(self.resource),
            tuple((rewrite(key), rewrite(value)) for key, value in self.context),
        )
