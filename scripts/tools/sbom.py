"""What an installed server is made of: CycloneDX 1.6, from the metadata of the packages that are installed here.

The server and what it needs, not what it is tested and linted with; no path, and no address of where it came from.
"""

from __future__ import annotations

import re
import uuid
from importlib import metadata
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement

from tools.environment import LOCAL
from tools.terminal import Problem

if TYPE_CHECKING:
    from pathlib import Path

ROOT_PACKAGE = "telemetry-server"
FILE = LOCAL / "sbom.cdx.json"
MAX_LICENSE_LENGTH = 100  # some packages give its text as its name
VERSION = SchemaVersion.V1_6
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"


def needed() -> dict[str, set[str]]:
    """By the name of each package that an installed server has, those that it needs itself; the server's own first."""
    found: dict[str, set[str]] = {}
    waiting = [(ROOT_PACKAGE, frozenset[str]())]
    while waiting:
        name, extras = waiting.pop(0)
        others = {_name(each.name): frozenset(each.extras) for each in _requirements(name, extras)}
        fresh = name not in found
        found.setdefault(name, set()).update(others)
        waiting += [(other, wanted) for other, wanted in others.items() if other not in found or (wanted and fresh)]
    return found


def write(file: Path = FILE) -> int:
    """Write it; of how many packages it tells. Raises Problem."""
    found = needed()
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, repr(sorted((name, _version(name)) for name in found))))
    components = {name: _component(name) for name in found}
    bom.metadata.component = components[ROOT_PACKAGE]
    bom.components.update(component for name, component in components.items() if name != ROOT_PACKAGE)
    for name, others in found.items():
        bom.register_dependency(components[name], [components[other] for other in sorted(others)])
    text = make_outputter(bom, OutputFormat.JSON, VERSION).output_as_string(indent=2)
    if error := JsonStrictValidator(VERSION).validate_str(text):
        raise Problem(f"the bill of materials is not CycloneDX: {error}")
    if addresses := set(re.findall(r"(?:\w+://|/(?:home|root|Users|tmp)/)[^\"]*", text)) - {SCHEMA}:
        raise Problem(f"the bill of materials tells of this machine: {', '.join(sorted(addresses))}")
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return len(found)


def pinned() -> list[str]:
    """The packages that the server needs, as `name==version`."""
    return sorted(f"{name}=={_version(name)}" for name in needed() if name != ROOT_PACKAGE)


def _requirements(name: str, extras: frozenset[str]) -> list[Requirement]:
    try:
        given = map(Requirement, metadata.requires(name) or [])
    except metadata.PackageNotFoundError:
        raise Problem(f"{name} is not installed here") from None
    wanted = ["", *extras]
    return [each for each in given if not each.marker or any(each.marker.evaluate({"extra": e}) for e in wanted)]


def _component(name: str) -> Component:
    about = metadata.metadata(name).json
    given = str(about.get("license_expression") or about.get("license") or "")
    version = _version(name)
    return Component(
        name=name,
        version=version,
        type=ComponentType.APPLICATION if name == ROOT_PACKAGE else ComponentType.LIBRARY,
        bom_ref=f"{name}=={version}",
        purl=PackageURL("pypi", name=name, version=version),
        licenses=[LicenseFactory().make_from_string(given)] if 0 < len(given) <= MAX_LICENSE_LENGTH else [],
    )


def _version(name: str) -> str:
    return metadata.version(name)


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()
