"""Writes a CycloneDX bill of materials of a wheel: each package that an empty environment gets with it, and what needs what."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from uv import find_uv_bin


def bill(wheel: str, folder: Path) -> str:
    """The bill of materials of a wheel, which is installed into a folder."""
    install = [find_uv_bin(), "pip", "install", "--quiet", "--target", str(folder), wheel]
    subprocess.run(install, check=True)
    installed = {canonicalize_name(package.name): package for package in distributions(path=[str(folder)])}
    components = {name: _component(name, package) for name, package in sorted(installed.items())}
    root = components.pop(canonicalize_name(Path(wheel).name.partition("-")[0]))
    bom = Bom(metadata=BomMetaData(component=root), components=components.values())
    for name, package in installed.items():
        needed = [Requirement(line) for line in package.requires or ()]
        names = {canonicalize_name(needs.name) for needs in needed if needs.marker is None or needs.marker.evaluate()}
        bom.register_dependency(
            components.get(name, root), [components[other] for other in sorted(names) if other in components]
        )
    return str(JsonV1Dot6(bom).output_as_string(indent=2))


def _component(name: str, package: Distribution) -> Component:
    url = PackageURL("pypi", name=name, version=package.version)
    return Component(name=name, version=package.version, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as target:
        Path(sys.argv[2]).write_text(bill(sys.argv[1], Path(target)), encoding="utf-8")
