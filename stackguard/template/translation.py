"""From the resources of a stack to a CloudFormation template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from policypack.core.policy import ROOT_TYPE, STACK_REFERENCE, Resource, Unknown
from policypack.core.policy import Reference as Passed
from policypack.iam.arn import Arn
from stackguard.preview.values import PROVIDER_PREFIX
from stackguard.stand_in import STAND_IN_ACCOUNT
from stackguard.template.emit import Writer, outputs
from stackguard.template.graph import AlreadySetError, Node, Problem, Properties, break_cycles
from stackguard.template.naming import PART, logical_ids
from stackguard.template.parameters import Parameters
from stackguard.template.references import OutputFinder
from stackguard.template.table import Onto, Separate, TypeTable, table_of
from stackguard.template.values import rendered

ACCOUNT, REGION, PARTITION = "AWS::AccountId", "AWS::Region", "AWS::Partition"
GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
RENAMED = {"protocol": "ipProtocol"}
SOURCES = {
    "cidrBlocks": "cidrIpv4",
    "ipv6CidrBlocks": "cidrIpv6",
    "prefixListIds": "prefixListId",
    "sourceSecurityGroupId": "referencedSecurityGroupId",
}
"""By input of a rule of a security group, the input of the rule for one source."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template, with its sources in the program.

    `document` is the template itself; `problems` are what it cannot express, and lacks. `origins` are the resources of
    the program by logical id, first the one that the id is of. `values` are the values of references in the program: by
    `Id`, by `Id.Attribute`, by parameter (an archive's is the archive), by pseudo parameter.
    """

    document: Mapping[str, Any]
    problems: tuple[Problem, ...]
    origins: Mapping[str, tuple[Resource, ...]]
    values: Mapping[str, Any]
    region: str | None


@dataclass(slots=True)
class Translation:
    """The translation of one stack, in progress."""

    resources: Mapping[str, Resource]
    region: str | None
    finder: OutputFinder
    parameters: Parameters
    nodes: dict[str, Node] = field(default_factory=dict)
    logical_ids: dict[str, str] = field(default_factory=dict)
    """By URN, the logical id of the resource, or of the one that it is a part of."""
    problems: list[Problem] = field(default_factory=list)

    def add_nodes(self, resources: Sequence[Resource]) -> None:
        """Add a node for each resource that is a resource of its own in CloudFormation."""
        own = [(resource, table) for resource in resources if (table := table_of(resource.type)) and not table.onto]
        ids = logical_ids(resource for resource, _ in own)
        for resource, table in own:
            node = Node(ids[resource.urn], table, resource, origins=[resource])
            self.nodes[node.id] = node
            self.logical_ids[resource.urn] = node.id
            self.finder.add(resource, table, node.id)

    def write(self, resource: Resource) -> None:
        """Write a resource, as a resource of its own or as part of another."""
        table = table_of(resource.type)
        assert table is not None
        if table.onto is None:
            self._write(resource, table, self.nodes[self.logical_ids[resource.urn]].properties)
        elif (host := self._host(resource, table, table.onto)) is not None:
            self._fold(resource, table, table.onto, host)

    def _fold(self, resource: Resource, table: TypeTable, onto: Onto, host: Node) -> None:
        folded = [origin for origin in host.origins if origin.type in table.tokens]
        if folded and not onto.shared and not onto.element_of:
            why = f"is a second one for `{host.resource.name}`, beside `{folded[0].name}`; the last would win, so keep one"
            self.problems.append(Problem(resource.urn, "", why))
            return
        host.origins.append(resource)
        self.logical_ids[resource.urn] = host.id
        if not onto.element_of:
            self._write(resource, table, host.properties)
            return
        element = Properties()
        self._write(resource, table, element)
        host.properties.append(onto.elements, element.values)

    def _host(self, resource: Resource, table: TypeTable, onto: Onto) -> Node | None:
        """The node that a resource is a part of."""
        link, host_table = resource.inputs.get(onto.input), table_of(onto.type)
        hosts = [
            node
            for node in self.nodes.values()
            if node.table is host_table
            and (
                all(isinstance(resource[name], str) and resource[name] == node.resource[name] for name in onto.same)
                if onto.same
                else any(output.value == link for output in self.finder.outputs[node.resource.urn])
            )
        ]
        waits = {*resource.property_dependencies.get(onto.input, ()), *resource.dependencies}
        host = next((node for node in hosts if node.resource.urn in waits), next(iter(hosts), None))
        if host is None:
            why = link.why if isinstance(link, Unknown) else "names none of this stack's"
            why = f"{why}; in CloudFormation it is part of the `{table.cloudformation}` itself"
            self.problems.append(Problem(resource.urn, onto.input, why))
        return host

    def _write(self, resource: Resource, table: TypeTable, properties: Properties) -> None:
        writer = Writer(resource, table, self.finder, self.parameters, self.logical_ids[resource.urn])
        try:
            writer.write(properties)
        except AlreadySetError as owner:
            self.problems.append(Problem(resource.urn, "tags", f"is set by `{owner}` too"))
        self.problems += writer.problems
        if table.atomic and writer.problems:
            del self.nodes[self.logical_ids.pop(resource.urn)]

    def wait(self, resource: Resource) -> None:
        """Store which nodes the node of a resource waits for in the program."""
        node = self.nodes.get(self.logical_ids.get(resource.urn, ""))
        if node is None:
            return
        table = table_of(resource.type)
        is_ordered = table is None or table.onto is None or table.onto.waits
        for urn in self._waits(resource):
            firsts = (self.logical_ids.get(part) for part in self._firsts(urn) if part != resource.urn)
            node.waits |= {part: True for part in firsts if part is not None}
            target = self.logical_ids.get(urn)
            if target is not None and target != node.id:
                node.waits[target] = node.waits.get(target, False) or is_ordered

    def _firsts(self, urn: str) -> Iterator[str]:
        """The URNs of the parts of a resource that must exist before what depends on it."""
        table = table_of(self.resources[urn].type) if urn in self.resources else None
        for name, separate in table.separate.items() if table else ():
            if separate.first:
                yield f"{urn}{PART}{name}"

    def _waits(self, resource: Resource) -> Iterator[str]:
        """The URNs that a resource is created after: its dependencies, its parent, and those of its parent components."""
        yield from resource.dependencies
        parent = self.resources.get(resource.parent)
        while parent is not None and parent.type != ROOT_TYPE:
            yield from (parent.urn,) if parent.custom else parent.dependencies
            parent = None if parent.custom else self.resources.get(parent.parent)

    def document(self, exported: Mapping[str, Any]) -> dict[str, Any]:
        """The template in CloudFormation's JSON."""
        document: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09"}
        if self.region:
            document["Metadata"] = {"Stackguard": {"Region": self.region}}
        if self.parameters.declared:
            document["Parameters"] = dict(sorted(self.parameters.declared.items()))
        document["Resources"] = {node.id: self._resource(node) for node in self.nodes.values()}
        return {**document, "Outputs": exported} if exported else document

    def _resource(self, node: Node) -> dict[str, Any]:
        resource: dict[str, Any] = {"Type": node.table.cloudformation}
        waits = sorted(target for target in node.waits if not node.to(target))
        if waits:
            resource["DependsOn"] = waits
        options = node.resource.options
        is_kept = options.protect or options.retain_on_delete
        unless = node.table.snapshot_unless
        if is_kept or node.table.stateful:
            is_saved = unless and node.resource.inputs.get(unless) is not True
            policy = "Retain" if is_kept else "Snapshot" if is_saved else "Delete"
            resource |= dict.fromkeys(("DeletionPolicy", "UpdateReplacePolicy"), policy)
        if node.id in self.parameters.metadata:
            resource["Metadata"] = {"Stackguard": self.parameters.metadata[node.id]}
        if node.properties.values:
            resource["Properties"] = rendered(node.properties.values)
        return resource

    def values(self) -> dict[str, Any]:
        """The value in the program of each reference in the template."""
        values: dict[str, Any] = dict(self.parameters.values)
        for node in self.nodes.values():
            for output in self.finder.outputs[node.resource.urn]:
                attribute = output.reference.attribute
                if not output.reference.sub:
                    values.setdefault(f"{node.id}.{attribute}" if attribute else node.id, output.value)
        arns = [arn for value in values.values() if isinstance(value, str) and (arn := Arn.parse(value))]
        account = next((arn.account for arn in arns if arn.account), STAND_IN_ACCOUNT)
        partition = arns[0].partition if arns else "aws"
        return {**values, ACCOUNT: account, REGION: self.region or "", PARTITION: partition}


def translate(resources: Sequence[Resource], region: str | None = None, folder: Path | None = None) -> Template:
    """Write a template of the resources that a program registers, or of a state.

    Args:
        resources: the whole stack, in registration order, with components and providers.
        region: the stack's own `aws:region`.
        folder: the paths of archives are relative to it.
    """
    parts = [part for resource in resources if _is_translated(resource) for part in _parts(_with_ids(resource))]
    by_urn = {resource.urn: resource for resource in (*resources, *parts)}
    region, is_fixed = _template_region(resources, region)
    finder = OutputFinder(by_urn, _pseudo(resources, None if is_fixed else region))
    translation = Translation(by_urn, region, finder, Parameters(folder))
    translation.problems += [Problem(part.urn, path, why) for part in parts for path, why in _refusals(part, region)]
    refused = {problem.urn for problem in translation.problems}
    parts = sorted((part for part in parts if part.urn not in refused), key=_is_part)
    translation.add_nodes(parts)
    for step in (translation.write, translation.wait):
        for part in parts:
            step(part)
    translation.problems += break_cycles(translation.nodes, finder, translation.parameters)
    root = next((resource for resource in resources if resource.type == ROOT_TYPE), None)
    exported, problems = outputs(root, finder, list(by_urn)) if root else ({}, [])
    return Template(
        translation.document(exported),
        (*translation.problems, *problems),
        {node.id: tuple(node.origins) for node in translation.nodes.values()},
        translation.values(),
        region,
    )


def _is_translated(resource: Resource) -> bool:
    """Whether CloudFormation would create it: not a component, a provider, or a resource that the program only reads."""
    engine = resource.type.startswith(PROVIDER_PREFIX) or resource.type in {ROOT_TYPE, STACK_REFERENCE}
    return not engine and not resource.external and (resource.custom or resource.remote)


def _refusals(resource: Resource, region: str | None) -> Iterator[tuple[str, str]]:
    """Why a resource cannot be in the template at all: at which path of its inputs, and why."""
    own_region = resource["region"]
    if table_of(resource.type) is None:
        yield "", f"is a `{resource.type}`, a type that is not translated yet"
    elif resource.options.import_id:
        yield "", "is imported: it exists already, and a template would create another"
    elif resource.options.hooks:
        yield "", "has hooks, which are functions of the program; CloudFormation runs none"
    elif isinstance(own_region, str) and own_region != region:
        yield "region", f"is `{own_region}`, and this template is for `{region}`: one template creates in one region"


def _with_ids(resource: Resource) -> Resource:
    """The resource with ids in place of the resources among its inputs, as the provider receives it."""
    passed = {key: value.id for key, value in resource.inputs.items() if isinstance(value, Passed)}
    return replace(resource, inputs={**resource.inputs, **passed}) if passed else resource


def _is_part(resource: Resource) -> bool:
    table = table_of(resource.type)
    return table is not None and table.onto is not None


def _parts(resource: Resource) -> Iterator[Resource]:
    """The resource, and each input that is a resource of its own in CloudFormation."""
    if resource.type == GROUP_RULE:
        yield from _group_rules(resource)
        return
    yield resource
    table = table_of(resource.type)
    for name, separate in table.separate.items() if table else ():
        value = resource.inputs.get(name)
        if separate.names is None or not isinstance(value, list):
            if value is not None:
                yield _part(resource, name, separate, name, {name: value})
            continue
        for index, element in enumerate(value):
            named = element if isinstance(element, dict) else {name: element}
            inputs = {separate.names.get(key, key): item for key, item in named.items()}
            yield _part(resource, name, separate, f"{name}{index}", inputs)


def _part(resource: Resource, name: str, separate: Separate, suffix: str, inputs: Mapping[str, Any]) -> Resource:
    waits = (resource.urn, *resource.property_dependencies.get(name, ()))
    return replace(
        resource,
        type=separate.type,
        name=f"{resource.name}-{suffix}",
        urn=f"{resource.urn}{PART}{suffix}",
        inputs={separate.link: resource[separate.source], **inputs},
        outputs={},
        dependencies=waits,
        property_dependencies={**dict.fromkeys(inputs, waits), separate.link: (resource.urn,)},
        secrets=frozenset(path for path in resource.secrets if path.startswith(name)),
    )


def _group_rules(resource: Resource) -> Iterator[Resource]:
    """A rule of a security group as the rules for one source each that CloudFormation has."""
    inputs = dict(resource.inputs)
    kind = "SecurityGroupEgressRule" if inputs.pop("type", None) == "egress" else "SecurityGroupIngressRule"
    if inputs.pop("self", None) is True:
        inputs["sourceSecurityGroupId"] = inputs.get("securityGroupId")
    waits = resource.property_dependencies
    sources = [
        (name, item)
        for name in SOURCES
        for values in (inputs.pop(name, None),)
        for item in (values if isinstance(values, list) else () if values is None else (values,))
    ]
    for index, (name, value) in enumerate(sources or [("sourceSecurityGroupId", None)]):
        renamed = {RENAMED.get(key, key): item for key, item in inputs.items()} | {SOURCES[name]: value}
        depends = {RENAMED.get(key, key): urns for key, urns in waits.items()} | {
            SOURCES[name]: (*waits.get(name, ()), *waits.get("self", ()), *waits.get("securityGroupId", ()))
        }
        suffix = f"{index + 1}" if index else ""
        yield replace(
            resource,
            type=f"aws:vpc/{kind[:1].lower()}{kind[1:]}:{kind}",
            name=f"{resource.name}{suffix and f'-{suffix}'}",
            urn=f"{resource.urn}{suffix and PART + suffix}",
            inputs=renamed,
            outputs={},
            property_dependencies=depends,
        )


def _template_region(resources: Sequence[Resource], region: str | None) -> tuple[str | None, bool]:
    """The one region that the template is for, and whether the program or its config fixes it."""
    fixed = Counter(
        own
        for resource in resources
        if _is_translated(resource) and isinstance(own := resource.inputs.get("region"), str)
    )
    if region is not None and (region in fixed or not fixed):
        return region, True
    seen = Counter(own for resource in resources if isinstance(own := resource.outputs.get("region"), str))
    most = (fixed or seen).most_common(1)
    return (most[0][0] if most else None), bool(fixed)


def _pseudo(resources: Sequence[Resource], region: str | None) -> dict[str, str]:
    """The pseudo parameters by the values that the program leaves open: the stand-in account, a region of the environment."""
    providers = (resource for resource in resources if resource.type.startswith(PROVIDER_PREFIX))
    is_stated = any(STAND_IN_ACCOUNT in str(value) for provider in providers for value in provider.inputs.values())
    pseudo = {} if is_stated else {STAND_IN_ACCOUNT: ACCOUNT}
    return pseudo | ({region: REGION} if region else {})
