"""How a resource gets its physical name where the program sets none.

Sources: pkg/tfbridge/info/autonaming.go of https://github.com/pulumi/pulumi-terraform-bridge (what a bridged provider
makes of a name), and pkg/cmd/pulumi/autonaming and pkg/resource/autonaming of https://github.com/pulumi/pulumi (the
`pulumi:autonaming` config, https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming-configuration).
Only the random part differs: Pulumi draws it anew for each preview, here it is made from the URN.
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


class Refusal(ValueError):  # noqa: N818 (reads as what it says)
    """The provider refuses to make up this name, so Pulumi's own preview fails too."""


class Short(msgspec.Struct, frozen=True, array_like=True):
    """Tighter limits where the input `property` holds `text`: the longest name, and the random characters in it."""

    property: str
    text: str
    limit: int
    length: int


class Naming(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one type's names are made: the Pulumi name, `separator`, and `length` random characters.

    `limit` is the longest name, before `prefix` and ending are added; 0 is none. `fifo` names the input that asks for
    the ending `.fifo`. `charset` holds the random characters, and all of a name that a config proposes.
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
        """The longest name, and how many characters of it are random."""
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
    """What a project asks for: a `mode` (`default`, `verbatim`, `disabled`), or a pattern to propose or to enforce.

    A pattern is `Unknown` where a value of the config that it takes in is unknown.
    """

    mode: str = "default"
    pattern: str | Unknown | None = None
    enforce: bool = False


DEFAULT = Strategy()


@dataclass(frozen=True, slots=True)
class Autonaming:
    """The strategies of a project: its own, by package, and by type token. `secret` says that a pattern holds one."""

    strategy: Strategy = DEFAULT
    packages: Mapping[str, Strategy] = field(default_factory=dict)
    types: Mapping[str, Strategy] = field(default_factory=dict)
    secret: bool = False

    def replaces_first(self, type_token: str) -> bool:
        """Whether a resource of this type has to be deleted before a new one can have its name.

        The engine then overrules what the program says.
        """
        strategy = self.strategy_for(type_token)
        if strategy.pattern is None:
            return strategy.mode != "default"
        return isinstance(strategy.pattern, str) and not (RANDOM.search(strategy.pattern) or UUID in strategy.pattern)

    def strategy_for(self, type_token: str) -> Strategy:
        """The most specific one for a type."""
        package = type_token.partition(":")[0]
        return self.types.get(type_token) or self.packages.get(package, self.strategy)


def configured(project: Project) -> Autonaming:
    """What `pulumi:autonaming` says.

    Raises:
        CannotJudge: it is malformed, or names a value that the config does not have.

    """
    text = project.config.get(KEY)
    if text is None:
        return Autonaming()
    try:
        section = msgspec.json.decode(text, type=_Section)
        return Autonaming(
            _strategy(section, project) or DEFAULT,
            {
                name: found
                for name, each in section.providers.items()
                if (found := _strategy(each, project) or _strategy(section, project))
            },
            {
                token: _explicit(token, each, project)
                for name, provider in section.providers.items()
                for token, each in provider.resources.items()
                if token.startswith(f"{name}:")
            },
            any(f"${{config.{key.partition(':')[2]}}}" in text for key in project.secret),
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise CannotJudge(f"the configuration `{KEY}` is malformed: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """What is wrong and where, without the value, which may be a secret."""
    text = str(error)
    return text[:1].lower() + text[1:]


def _explicit(token: str, choice: _Choice, project: Project) -> Strategy:
    strategy = _strategy(choice, project)
    if strategy is None:
        raise ValueError(f"`mode` or `pattern` must be given for `{token}`")
    return strategy


def _strategy(choice: _Choice, project: Project) -> Strategy | None:
    """None where nothing is said explicitly."""
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
    """The pattern with all that does not depend on a resource put in."""
    for name, value in (
        ("organization", project.organization),
        ("project", project.name),
        ("stack", project.stack),
    ):
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
    """Characters that look drawn at random, the same for the same seed."""
    if alphabet == HEX and length <= 64:
        return hashlib.sha256(seed.encode()).hexdigest()[:length]
    number = int.from_bytes(hashlib.shake_256(seed.encode()).digest(length + 8))
    drawn = []
    for _ in range(length):
        number, index = divmod(number, len(alphabet))
        drawn.append(alphabet[index])
    return "".join(drawn)


def physical_name(
    naming: Naming, strategy: Strategy, name: str, urn: str, inputs: Mapping[str, Any]
) -> str | Unknown | None:
    """The name that the provider makes up; None where an input such as `namePrefix` leaves that to the update.

    Raises:
        Refusal: the name would break the provider's own limits, or autonaming is disabled.

    """
    if inputs.get(f"{naming.property}Prefix") is not None:
        return None
    if strategy.mode == "disabled":
        raise Refusal("automatic naming is disabled but no explicit name was provided")
    if strategy.mode == "verbatim":
        return name
    limit, length = naming.bounds(inputs)
    if strategy.pattern is not None:
        if isinstance(strategy.pattern, Unknown):
            return strategy.pattern
        chosen = _proposed(strategy.pattern, name, urn)
        if strategy.enforce:
            return chosen
        chosen = _in_charset(naming, _cased(naming, chosen))
        _hold(chosen, limit)
    elif length:
        chosen = _cased(naming, name) + naming.separator + draw(urn, naming.charset or HEX, length)
        _hold(chosen, limit)
    else:
        chosen = _cased(naming, name)
    prefix = "" if chosen.startswith(naming.prefix) else naming.prefix
    return prefix + chosen + (".fifo" if naming.fifo and inputs.get(naming.fifo) is True else "")


def _cased(naming: Naming, name: str) -> str:
    return name.lower() if naming.lower else name


def _hold(name: str, limit: int) -> None:
    if limit and len(name) > limit:
        raise Refusal(
            f"the physical name that Pulumi would choose is longer than {limit} characters; set it, or shorten the name"
        )


def _in_charset(naming: Naming, name: str) -> str:
    if not naming.charset:
        return name
    for mark in "-_":
        if mark not in naming.charset:
            name = name.replace(mark, naming.separator)
    wrong = next((each for each in name if each not in naming.charset), None)
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
