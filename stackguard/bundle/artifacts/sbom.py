"""The bill of materials: every package with version, hashes, licenses and dependencies, in CycloneDX.

It depends on the lock and the packages' metadata only: the serial number comes from them, and there is no timestamp.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from stackguard.bundle import cache
from stackguard.bundle.artifacts.manifest import encoded
from stackguard.bundle.config import FunctionProject
from stackguard.bundle.errors import needing_the_extra
from stackguard.bundle.install.requirements import edges
from stackguard.bundle.metadata import InstalledPackage

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

KIND = "materials"
FILE = "bom.json"


def write(function: FunctionProject, packages: Sequence[InstalledPackage]) -> bytes:
    """The bill of materials of a function as JSON; cached, as the library that writes it is slow to import.

    Raises:
        CannotBundle: the library is not installed.
    """
    graph = edges(function, packages)
    contents = [(package.name, package.version, package.hashes, package.licenses) for package in packages]
    required = sorted((name, sorted(names)) for name, names in graph.items())
    key = cache.key_of(function.name, function.version, contents, required)
    folder = cache.fetch(KIND, key)
    if folder is None:
        bill = _render(function, packages, graph, key)
        folder = cache.store(KIND, key, lambda folder: (folder / FILE).write_bytes(bill))
    return (folder / FILE).read_bytes()


def _render(
    function: FunctionProject, packages: Sequence[InstalledPackage], graph: Mapping[str, set[str]], key: str
) -> bytes:
    with needing_the_extra():
        from cyclonedx.model.bom import Bom, BomMetaData
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output.json import JsonV1Dot6
    root = Component(name=function.name, version=function.version, type=ComponentType.APPLICATION, bom_ref="function")
    components = {package.name: _component(package) for package in packages}
    bom = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"stackguard:bundle:{key}"),
        metadata=BomMetaData(component=root),
        components=components.values(),
    )
    for name, required in graph.items():
        bom.register_dependency(components.get(name, root), [components[other] for other in sorted(required)])
    document = msgspec.json.decode(JsonV1Dot6(bom).output_as_string().encode())
    document["metadata"].pop("timestamp", None)
    return encoded(document, sort=True)


def _component(package: InstalledPackage) -> Component:
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    algorithms = {"sha256": HashAlgorithm.SHA_256, "sha384": HashAlgorithm.SHA_384, "sha512": HashAlgorithm.SHA_512}
    hashes = [digest.partition(":") for digest in package.hashes]
    purl = PackageURL("pypi", None, package.name, package.version)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=purl.to_string(),
        hashes=[HashType(alg=algorithms[kind], content=digest) for kind, _, digest in hashes if kind in algorithms],
        licenses=[LicenseFactory().make_from_string(text) for text in package.licenses],
    )
