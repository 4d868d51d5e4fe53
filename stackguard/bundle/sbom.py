"""The bill of materials: every package with version, hashes, licences and what requires it, in CycloneDX.

It is a function of the lock and the metadata: the serial number comes from the content, and there is no clock in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from stackguard.bundle import cache
from stackguard.bundle.config import Function
from stackguard.bundle.errors import needing_the_extra
from stackguard.bundle.keys import key_of
from stackguard.bundle.metadata import Package
from stackguard.bundle.requirements import edges

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

KIND = "materials"
FILE = "bom.json"


def write(function: Function, packages: Sequence[Package]) -> bytes:
    """The bill of materials of a function as JSON; from the cache where it is known, as the library takes its time.

    Raises:
        CannotBundle: the library that writes it is not installed.
    """
    graph = edges(function, packages)
    stated = [(each.name, each.version, each.hashes, each.licenses) for each in packages]
    key = key_of(function.name, function.version, stated, sorted((name, sorted(to)) for name, to in graph.items()))
    folder = cache.fetch(KIND, key) or cache.store(
        KIND, key, lambda folder: _store(folder, function, packages, graph, key)
    )
    return (folder / FILE).read_bytes()


def _store(folder: Path, function: Function, packages: Sequence[Package], graph: dict[str, set[str]], key: str) -> None:
    (folder / FILE).write_bytes(_render(function, packages, graph, key))


def _render(function: Function, packages: Sequence[Package], graph: dict[str, set[str]], key: str) -> bytes:
    with needing_the_extra():
        from cyclonedx.model.bom import Bom, BomMetaData
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output.json import JsonV1Dot6
    root = Component(name=function.name, version=function.version, type=ComponentType.APPLICATION, bom_ref="function")
    components = {each.name: _component(each) for each in packages}
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"stackguard:bundle:{key}"),
        metadata=BomMetaData(component=root),
        components=components.values(),
    )
    for name, to in graph.items():
        bom.register_dependency(components.get(name, root), [components[each] for each in sorted(to)])
    document = msgspec.json.decode(JsonV1Dot6(bom).output_as_string().encode())
    document["metadata"].pop("timestamp", None)
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=1) + b"\n"


def _component(package: Package) -> Component:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    algorithms = {"sha256": HashAlgorithm.SHA_256, "sha384": HashAlgorithm.SHA_384, "sha512": HashAlgorithm.SHA_512}
    hashes = [each.partition(":") for each in package.hashes]
    purl = PackageURL("pypi", None, package.name, package.version)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=purl.to_string(),
        hashes=[HashType(alg=algorithms[kind], content=digest) for kind, _, digest in hashes if kind in algorithms],
        licenses=[LicenseFactory().make_from_string(each) for each in package.licenses],
    )
