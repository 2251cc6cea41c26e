"""Requests made from the OpenAPI document: a value that each schema allows, its own examples first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

UUID = "01970f3c-6d2e-7b11-9c55-0d4f7a1e2b3c"
METHODS = ("get", "put", "post", "patch", "delete")
_FORMATS = {"uuid": UUID, "date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "email": "p@example.org"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def parameters(self, place: str) -> list[dict[str, Any]]:
        return [p for p in self.facts.get("parameters", ()) if p["in"] == place]

    @property
    def path_names(self) -> list[str]:
        return [p["name"] for p in self.parameters("path")]

    @property
    def statuses(self) -> set[int]:
        return {int(status) for status in self.facts["responses"]}


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield Operation(method.upper(), path, methods[method])


def sample(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """Return a value that the schema allows."""
    if "$ref" in schema:
        return sample(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("const", "example", "default"):
        if key in schema:
            return schema[key]
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            return sample(schema[key][0], document)
    return _of_type(schema, document)


def _is_shown(schema: Mapping[str, Any]) -> bool:
    """Tell whether a field has an example, of its own or of one of its forms."""
    return bool(schema.get("examples")) or any(form.get("examples") for form in schema.get("anyOf", ()))


def _of_type(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "object":
            required = schema.get("required", ())
            shown = {k: v for k, v in schema.get("properties", {}).items() if k in required or _is_shown(v)}
            return {name: sample(each, document) for name, each in shown.items()}
        case "array":
            if "prefixItems" in schema:
                return [sample(item, document) for item in schema["prefixItems"]]
            return [sample(schema["items"], document) for _ in range(schema.get("minItems", 0))]
        case "string":
            return _FORMATS.get(schema.get("format", ""), "a" * max(1, schema.get("minLength", 1)))
        case "integer":  # its bounds are written as 1.0
            return int(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1))
        case "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return False
        case _:
            return None
