"""From the resources of a stack to a CloudFormation template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from policypack.core.policy import ROOT_TYPE, Resource, Unknown
from policypack.core.policy import Reference as Passed
from stackguard.preview.values import PROVIDER_PREFIX
from stackguard.stand_in import STAND_IN_ACCOUNT
from stackguard.template.code import Parameters
from stackguard.template.cycles import broken
from stackguard.template.emit import Problem, Properties, Taken, Writer
from stackguard.template.exports import outputs
from stackguard.template.naming import PART, logical_ids, physical
from stackguard.template.nodes import Node
from stackguard.template.references import Finder
from stackguard.template.table import Table, table_of
from stackguard.template.values import Reference, rendered

STACK_REFERENCE = "pulumi:pulumi:StackReference"
ACCOUNT, REGION, PARTITION = "AWS::AccountId", "AWS::Region", "AWS::Partition"


@dataclass(frozen=True, slots=True)
class Template:
    """A template, and how it came about.

    `document` is the template itself; `problems` are what it cannot say, and it lacks them. `origins` are the resources of the
    program by logical id, the one that the id is of first. `values` are what references have in the program: by
    `Id`, by `Id.Attribute`, by parameter (an archive's is the archive), by pseudo parameter.
    """

    document: Mapping[str, Any]
    problems: tuple[Problem, ...]
    origins: Mapping[str, tuple[Resource, ...]]
    values: Mapping[str, Any]
    region: str | None


@dataclass(slots=True)
class Translation:
    """The work on one template."""

    resources: Mapping[str, Resource]
    region: str | None
    finder: Finder
    parameters: Parameters
    nodes: dict[str, Node] = field(default_factory=dict)
    of: dict[str, str] = field(default_factory=dict)
    """By URN, the logical id that says a resource, or that it is part of."""
    problems: list[Problem] = field(default_factory=list)

    def add_nodes(self, resources: Sequence[Resource]) -> None:
        """A node for each resource that is one of its own in CloudFormation."""
        own = [(each, table) for each in resources if (table := table_of(each.type)) and not table.onto]
        ids = logical_ids(each for each, _ in own)
        for resource, table in own:
            node = Node(ids[resource.urn], table, resource, origins=[resource])
            self.nodes[node.id] = node
            self.of[resource.urn] = node.id
            self.finder.add(resource, table, node.id)

    def write(self, resource: Resource) -> None:
        """Write one resource, where it is said."""
        table = table_of(resource.type)
        assert table is not None
        if table.onto is None:
            self._write(resource, table, self.nodes[self.of[resource.urn]].properties)
        elif (host := self._host(resource, table)) is not None:
            self._fold(resource, table, host)

    def _fold(self, resource: Resource, table: Table, host: Node) -> None:
        onto = table.onto
        assert onto is not None
        alike = [each for each in host.origins if each.type in table.tokens]
        if alike and not onto.shared and not onto.each:
            why = (
                f"is a second one for `{host.resource.name}`, beside `{alike[0].name}`; the last would win, so keep one"
            )
            self._problem(resource, "", why)
            return
        host.origins.append(resource)
        self.of[resource.urn] = host.id
        if not onto.each:
            self._write(resource, table, host.properties)
            return
        element = Properties()
        self._write(resource, table, element)
        host.properties.append((onto.each,), element.values)

    def _host(self, resource: Resource, table: Table) -> Node | None:
        """The node that a resource is part of."""
        onto = table.onto
        assert onto is not None
        named = resource.inputs.get(onto.input)
        wanted = table_of(onto.type)
        hosts = [each for each in self.nodes.values() if each.table is wanted]
        fitting = [
            each for each in hosts if any(given.value == named for given in self.finder.outputs[each.resource.urn])
        ]
        waited = {*resource.property_dependencies.get(onto.input, ()), *resource.dependencies}
        chosen = next((each for each in fitting if each.resource.urn in waited), next(iter(fitting), None))
        if chosen is None:
            why = named.why if isinstance(named, Unknown) else "names none of this stack's"
            self._problem(resource, onto.input, f"{why}; CloudFormation says it on the `{table.cloudformation}` itself")
        return chosen

    def _write(self, resource: Resource, table: Table, properties: Properties) -> None:
        where = self.of[resource.urn]
        writer = Writer(
            resource,
            table,
            self.finder,
            hide=lambda path, value: self.parameters.hide(where, path, value),
            pack=lambda path, archive: self.parameters.pack(resource, where, path, archive),
        )
        try:
            writer.write(properties)
        except Taken as taken:
            self._problem(resource, "tags", f"is said by `{taken}` too")
        self.problems += writer.problems
        if table.whole and writer.problems:
            del self.nodes[self.of.pop(resource.urn)]

    def wait(self, resource: Resource) -> None:
        """Note what the node of a resource waits for by the program's own word."""
        node = self.nodes.get(self.of.get(resource.urn, ""))
        if node is None:
            return
        table = table_of(resource.type)
        kept = table is None or table.onto is None or table.onto.waits
        for urn in self._waits(resource):
            target = self.of.get(urn)
            if target is not None and target != node.id:
                node.waits[target] = node.waits.get(target, False) or kept

    def ask(self, node: Node) -> Reference:
        """A parameter for a node's name."""
        return self.parameters.ask(node.id, physical(node.resource) or "")

    def _waits(self, resource: Resource) -> Iterator[str]:
        """What a resource is created after: what it depends on, its parent, and what the components around it depend on."""
        yield from resource.dependencies
        parent = self.resources.get(resource.parent)
        while parent is not None and parent.type != ROOT_TYPE:
            yield from (parent.urn,) if parent.custom else parent.dependencies
            parent = None if parent.custom else self.resources.get(parent.parent)

    def _problem(self, resource: Resource, path: str, why: str) -> None:
        self.problems.append(Problem(resource.urn, path, why))


def translate(resources: Sequence[Resource], region: str | None = None, folder: Path | None = None) -> Template:
    """Write a template of what a program registers, or of a state.

    Args:
        resources: the whole stack, in registration order, components and providers included.
        region: the stack's own `aws:region`.
        folder: what the paths of archives are told relative to.
    """
    wanted = [_with_ids(each) for each in resources if _is_translated(each)]
    parts = [part for each in wanted for part in _parts(each)]
    by_urn = {each.urn: each for each in (*resources, *parts)}
    region, fixed = _template_region(resources, region)
    pseudo = _pseudo(resources, region if not fixed else None)
    work = Translation(by_urn, region, Finder(by_urn, pseudo), Parameters(folder))
    work.problems += [Problem(each.urn, path, why) for each in parts for path, why in _refusals(each, region)]
    refused = {each.urn for each in work.problems}
    parts = [each for each in parts if each.urn not in refused]
    work.add_nodes(parts)
    for step in (work.write, work.wait):
        for each in sorted(parts, key=_is_part):
            step(each)
    work.problems += broken(work.nodes, lambda value: work.finder.found(value, ()), work.ask)
    root = next((each for each in resources if each.type == ROOT_TYPE), None)
    exported, problems = outputs(root, work.finder, list(by_urn)) if root else ({}, [])
    work.problems += problems
    return Template(
        _document(work, exported),
        tuple(work.problems),
        {node.id: tuple(node.origins) for node in work.nodes.values()},
        _values(work, region),
        region,
    )


def _is_translated(resource: Resource) -> bool:
    """Whether CloudFormation would create it: not a component, a provider, or what the program only reads."""
    engine = resource.type.startswith(PROVIDER_PREFIX) or resource.type in {ROOT_TYPE, STACK_REFERENCE}
    return not engine and not resource.external and (resource.custom or resource.remote)


def _refusals(resource: Resource, region: str | None) -> Iterator[tuple[str, str]]:
    """Why a resource cannot be said at all: at which path of its inputs, and why."""
    found = resource["region"]
    if table_of(resource.type) is None:
        yield "", f"is a `{resource.type}`, a type that is not translated"
    elif resource.options.import_id:
        yield "", "is imported: it exists already, and a template would create another"
    elif resource.options.hooks:
        yield "", "has hooks, which are functions of the program; CloudFormation runs none"
    elif isinstance(found, str) and found != region:
        yield "region", f"is `{found}`, and this template is for `{region}`: one template creates in one region"


def _with_ids(resource: Resource) -> Resource:
    """The resource with the id of each resource that it was given whole: that is what the provider gets of it."""
    passed = {key: each.id for key, each in resource.inputs.items() if isinstance(each, Passed)}
    return replace(resource, inputs={**resource.inputs, **passed}) if passed else resource


def _is_part(resource: Resource) -> bool:
    table = table_of(resource.type)
    return table is not None and table.onto is not None


def _parts(resource: Resource) -> Iterator[Resource]:
    """The resource, and each input that is a resource of its own in CloudFormation."""
    yield resource
    table = table_of(resource.type)
    for name, apart in table.apart.items() if table else ():
        if resource.inputs.get(name) is not None:
            link = resource[apart.source]
            waits = resource.property_dependencies.get(name, ())
            yield replace(
                resource,
                type=apart.type,
                name=f"{resource.name}-{name}",
                urn=f"{resource.urn}{PART}{name}",
                inputs={apart.link: link, name: resource.inputs[name]},
                outputs={},
                dependencies=(resource.urn, *waits),
                property_dependencies={apart.link: (resource.urn,), name: (resource.urn, *waits)},
                secrets=frozenset(each for each in resource.secrets if each.startswith(name)),
            )


def _template_region(resources: Sequence[Resource], region: str | None) -> tuple[str | None, bool]:
    """The one region that the template is for, and whether the program or its config fixes it."""
    fixed = Counter(each.inputs["region"] for each in resources if _is_translated(each) and _says_region(each))
    if region is not None:
        fixed = fixed or Counter({region: 1})
    if fixed:
        chosen = fixed.most_common(1)[0][0]
        return (region if region in fixed else chosen), True
    seen = Counter(each.outputs["region"] for each in resources if isinstance(each.outputs.get("region"), str))
    return (seen.most_common(1)[0][0] if seen else None), False


def _says_region(resource: Resource) -> bool:
    return isinstance(resource.inputs.get("region"), str)


def _pseudo(resources: Sequence[Resource], region: str | None) -> dict[str, str]:
    """By value, the pseudo parameters that stand for what nobody fixed: the stand-in account, a region of the environment."""
    providers = [
        str(value) for each in resources if each.type.startswith(PROVIDER_PREFIX) for value in each.inputs.values()
    ]
    found = {} if any(STAND_IN_ACCOUNT in value for value in providers) else {STAND_IN_ACCOUNT: ACCOUNT}
    return found | ({region: REGION} if region else {})


def _document(work: Translation, exported: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09"}
    if work.region:
        found["Metadata"] = {"Stackguard": {"Region": work.region}}
    if work.parameters.declared:
        found["Parameters"] = dict(sorted(work.parameters.declared.items()))
    found["Resources"] = {node.id: _resource(node, work) for node in work.nodes.values()}
    if exported:
        found["Outputs"] = exported
    return found


def _resource(node: Node, work: Translation) -> dict[str, Any]:
    found: dict[str, Any] = {"Type": node.table.cloudformation}
    named = {each for each in node.targets() if node.to(each)}
    waits = sorted(each for each in node.waits if each not in named)
    if waits:
        found["DependsOn"] = waits
    options = node.resource.options
    if options.protect or options.retain_on_delete or node.table.stateful:
        policy = "Retain" if options.protect or options.retain_on_delete else "Delete"
        found |= {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}
    if node.id in work.parameters.metadata:
        found["Metadata"] = {"Stackguard": work.parameters.metadata[node.id]}
    if node.properties.values:
        found["Properties"] = rendered(node.properties.values)
    return found


def _values(work: Translation, region: str | None) -> dict[str, Any]:
    """What everything that the template refers to has in the program."""
    found: dict[str, Any] = dict(work.parameters.values)
    for node in work.nodes.values():
        for each in work.finder.outputs[node.resource.urn]:
            if not each.reference.sub:
                attribute = each.reference.attribute
                found.setdefault(f"{node.id}.{attribute}" if attribute else node.id, each.value)
    account = next(
        (part for each in found.values() if isinstance(each, str) for part in _account(each)), STAND_IN_ACCOUNT
    )
    partition = next((each.split(":")[1] for each in found.values() if isinstance(each, str) and _is_arn(each)), "aws")
    return {**found, ACCOUNT: account, REGION: region or "", PARTITION: partition}


def _is_arn(value: str) -> bool:
    return value.startswith("arn:") and value.count(":") >= 5


def _account(value: str) -> Iterator[str]:
    if _is_arn(value) and value.split(":")[4]:
        yield value.split(":")[4]
