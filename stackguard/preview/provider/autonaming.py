"""The physical name that a provider gives a resource whose program sets none.

Sources: pkg/tfbridge/info/autonaming.go of https://github.com/pulumi/pulumi-terraform-bridge (the names
of a bridged provider), and pkg/cmd/pulumi/autonaming and pkg/resource/autonaming of https://github.com/pulumi/pulumi (the
`pulumi:autonaming` config, https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming-configuration).
Only the random part differs: Pulumi draws it for each preview, here it is derived from the URN.
"""

from __future__ import annotations

import hashlib
import re
import string
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from policypack.core.policy import UNKNOWN, Unknown
from stackguard.errors import CannotJudge
from stackguard.preview.project.project import Project

KEY = "pulumi:autonaming"
HEX = "0123456789abcdef"
ALPHANUMERIC = string.ascii_lowercase + string.digits
RANDOM = re.compile(r"\$\{(hex|alphanum|string|num)\((\d+)\)\}")
UUID = "${uuid}"
ALPHABETS = {"hex": HEX, "alphanum": ALPHANUMERIC, "string": string.ascii_lowercase, "num": string.digits}


class Refusal(ValueError):  # noqa: N818 (the reason is its message)
    """The provider refuses to choose a name, so Pulumi's own preview fails too."""


class Short(msgspec.Struct, frozen=True, array_like=True):
    """Tighter limits if the input `property` contains `text`: the longest name, and the random characters in it."""

    property: str
    text: str
    limit: int
    length: int


class PhysicalNaming(msgspec.Struct, frozen=True, omit_defaults=True):
    """The form of one type's names: the Pulumi name, `separator`, and `length` random characters.

    `limit` is the longest name, before `prefix` and ending are added; 0 is none. `fifo` names the input that requires
    the ending `.fifo`. `charset` are the random characters, and all characters of a name that a config proposes.
    """

    property: str = "name"
    limit: int = 255
    separator: str = "-"
    length: int = 7
    prefix: str = ""
    lower: bool = False
    fifo: str = ""
    charset: str = ""
    short: Short | None = None

    def bounds(self, inputs: Mapping[str, Any]) -> tuple[int, int]:
        """The longest name, and the number of random characters in it."""
        if self.short and self.short.text in str(inputs.get(self.short.property)).lower():
            return self.short.limit, self.short.length
        return self.limit, self.length


class _Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mode: str | None = None
    pattern: str | None = None
    enforce: bool | None = None


class _Provider(_Choice, frozen=True, forbid_unknown_fields=True):
    resources: dict[str, _Choice] = {}


class _Section(_Choice, frozen=True, forbid_unknown_fields=True):
    providers: dict[str, _Provider] = {}


@dataclass(frozen=True, slots=True)
class Strategy:
    """A project's choice: a `mode` (`default`, `verbatim`, `disabled`), or a pattern to propose or to enforce.

    A pattern is `Unknown` if it refers to an unknown value of the config.
    """

    mode: str = "default"
    pattern: str | Unknown | None = None
    enforce: bool = False


DEFAULT = Strategy()


@dataclass(frozen=True, slots=True)
class Autonaming:
    """The strategies of a project: its own, and those of packages and type tokens. `secret`: a pattern contains a secret."""

    strategy: Strategy = DEFAULT
    specific: Mapping[str, Strategy] = field(default_factory=dict)
    secret: bool = False

    def replaces_first(self, type_token: str) -> bool:
        """Whether a resource of this type is deleted before its replacement, because both have the same name.

        The engine then overrides the program's option.
        """
        strategy = self.strategy_for(type_token)
        if strategy.pattern is None:
            return strategy.mode != "default"
        return isinstance(strategy.pattern, str) and not (RANDOM.search(strategy.pattern) or UUID in strategy.pattern)

    def strategy_for(self, type_token: str) -> Strategy:
        """The most specific strategy for a type."""
        return self.specific.get(type_token) or self.specific.get(type_token.partition(":")[0], self.strategy)


def configured(project: Project) -> Autonaming:
    """The strategies in `pulumi:autonaming`.

    Raises:
        CannotJudge: it is malformed, or refers to a value that is missing in the config.
    """
    text = project.config.get(KEY)
    if text is None:
        return Autonaming()
    try:
        section = msgspec.json.decode(text, type=_Section)
        strategy = _strategy(section, project)
        packages = {name: _strategy(choice, project) or strategy for name, choice in section.providers.items()}
        types = {
            token: _explicit(token, choice, project)
            for name, provider in section.providers.items()
            for token, choice in provider.resources.items()
            if token.startswith(f"{name}:")
        }
        return Autonaming(
            strategy or DEFAULT,
            {name: chosen for name, chosen in {**packages, **types}.items() if chosen},
            any(f"${{config.{key.partition(':')[2]}}}" in text for key in project.secret),
        )
    except (msgspec.DecodeError, ValueError) as error:  # the text of which does not quote the value, a possible secret
        reason = str(error)
        raise CannotJudge(f"the configuration `{KEY}` is malformed: {reason[:1].lower()}{reason[1:]}") from None


def _explicit(token: str, choice: _Choice, project: Project) -> Strategy:
    strategy = _strategy(choice, project)
    if strategy is None:
        raise ValueError(f"`mode` or `pattern` must be given for `{token}`")
    return strategy


def _strategy(choice: _Choice, project: Project) -> Strategy | None:
    """The strategy that is set here; None for none."""
    if choice.mode is not None and (choice.pattern is not None or choice.enforce is not None):
        raise ValueError("`mode` goes with neither `pattern` nor `enforce`")
    if choice.pattern is not None:
        return Strategy(pattern=_fill_in(choice.pattern, project), enforce=choice.enforce is True)
    if choice.enforce is not None:
        raise ValueError("`enforce` needs a `pattern`")
    if choice.mode is None:
        return None
    if choice.mode not in {"default", "verbatim", "disabled"}:
        raise ValueError("`mode` must be `default`, `verbatim` or `disabled`")
    return Strategy(choice.mode)


def _fill_in(pattern: str, project: Project) -> str | Unknown:
    """The pattern with all parts filled in that do not depend on a resource."""
    names = {"organization": project.organization, "project": project.name, "stack": project.stack}
    for name, value in names.items():
        pattern = pattern.replace(f"${{{name}}}", value)
    for key in re.findall(r"\$\{config\.([^}]+)\}", pattern):
        full = f"{project.name}:{key}"
        if full in project.encrypted:
            return UNKNOWN
        if full not in project.config:
            raise ValueError(f"no value found for the key `{key}`")
        pattern = pattern.replace(f"${{config.{key}}}", project.config[full])
    return pattern


def draw(seed: str, alphabet: str, length: int) -> str:
    """Characters that look random, the same for the same seed."""
    if alphabet == HEX and length <= 64:
        return hashlib.sha256(seed.encode()).hexdigest()[:length]
    number = int.from_bytes(hashlib.shake_256(seed.encode()).digest(length + 8))
    drawn = []
    for _ in range(length):
        number, index = divmod(number, len(alphabet))
        drawn.append(alphabet[index])
    return "".join(drawn)


def physical_name(
    naming: PhysicalNaming, strategy: Strategy, name: str, urn: str, inputs: Mapping[str, Any]
) -> str | Unknown | None:
    """The name that the provider chooses; None if an input such as `namePrefix` leaves that to the update.

    Raises:
        Refusal: the name breaks the provider's own limits, or autonaming is disabled.
    """
    if inputs.get(f"{naming.property}Prefix") is not None:
        return None
    if strategy.mode == "disabled":
        raise Refusal("automatic naming is disabled but no explicit name was provided")
    if strategy.mode == "verbatim":
        return name
    if isinstance(strategy.pattern, Unknown):
        return strategy.pattern
    limit, length = naming.bounds(inputs)
    chosen = name if strategy.pattern is None else _proposed(strategy.pattern, name, urn)
    if strategy.enforce:
        return chosen
    chosen = chosen.lower() if naming.lower else chosen
    if strategy.pattern is not None:
        chosen = _in_charset(naming, chosen)
    elif length:
        chosen += naming.separator + draw(urn, naming.charset or HEX, length)
    if limit and len(chosen) > limit and (length or strategy.pattern is not None):
        raise Refusal(
            f"the physical name that Pulumi would choose is longer than {limit} characters; set it, or shorten the name"
        )
    prefix = "" if chosen.startswith(naming.prefix) else naming.prefix
    return prefix + chosen + (".fifo" if naming.fifo and inputs.get(naming.fifo) is True else "")


def _in_charset(naming: PhysicalNaming, name: str) -> str:
    if not naming.charset:
        return name
    for mark in "-_":
        if mark not in naming.charset:
            name = name.replace(mark, naming.separator)
    wrong = next((character for character in name if character not in naming.charset), None)
    if wrong is not None:
        raise Refusal(f"the physical name that Pulumi would choose has a `{wrong}`, which its type does not allow")
    return name


def _proposed(pattern: str, name: str, urn: str) -> str:
    text = pattern.replace("${name}", name)
    pieces = RANDOM.split(text)  # text, kind, length, text, ...
    drawn = [
        draw(f"{urn} {index}", ALPHABETS[kind], int(length))
        for index, (kind, length) in enumerate(zip(pieces[1::3], pieces[2::3], strict=True))
    ]
    text = "".join(part for pair in zip(pieces[::3], [*drawn, ""], strict=True) for part in pair)
    return text.replace(UUID, str(uuid.UUID(draw(urn, HEX, 32), version=4)))
