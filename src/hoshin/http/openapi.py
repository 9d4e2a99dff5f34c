"""The OpenAPI 3.1 description, derived from the same use cases as the routes."""

from __future__ import annotations

import types
import typing
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

from hoshin import __version__
from hoshin.errors import HoshinError
from hoshin.http.records import ACTS
from hoshin.http.routes import offered, path_of
from hoshin.records.catalogue import kinds, schema
from hoshin.service._use_case import Parameter, UseCase, area_summary, load

TYPES: dict[type, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Path: {"type": "string", "description": "Name of a file uploaded with PUT /v1/files/NAME."},
}
STATUSES = {
    "401": "No valid token", "403": "Not allowed", "404": "Not there", "409": "Not in this state",
    "422": "Not valid", "500": "Internal error", "501": "Not installed", "503": "Try again later",
}  # fmt: skip


@cache
def description() -> dict[str, Any]:
    """The whole document. It imports every service module, so it is made on the first request."""
    paths: dict[str, Any] = {}
    for use in offered():
        paths.setdefault(path_of(use), {})["post" if use.writes else "get"] = operation(use)
    paths |= resources()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hoshin",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "security": [{"bearer": []}],
        "tags": [{"name": a, "description": area_summary(a)} for a in sorted({u.area for u in offered()})],
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": problem(), **{kind: own(kind) for kind in kinds.names()}},
        },
    }


def own(kind: str) -> dict[str, Any]:
    """The schema of a kind, its parts inside it."""
    found = schema(kind)
    return {k: list(v) if isinstance(v, tuple) else v for k, v in found.items()}


def problem() -> dict[str, Any]:
    return {
        "type": "object",
        "description": HoshinError.__doc__,
        "required": ["type", "title", "status", "code", "detail", "hint"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "code": {"type": "string"}, "detail": {"type": "string"}, "hint": {"type": "string"},
        },
    }  # fmt: skip


def operation(use: UseCase) -> dict[str, Any]:
    summary, _, rest = use.doc.partition("\n")
    found: dict[str, Any] = {
        "operationId": f"{use.area}.{use.name.rstrip('_')}",
        "tags": [use.area],
        "summary": summary,
        "description": rest.strip(),
        "responses": responses(result_schema(use)),
        "parameters": [] if use.writes else [query(p) for p in use.parameters],
    }
    if use.writes:
        fields = {p.name.rstrip("_"): value(p) for p in use.parameters}
        needed = [p.name.rstrip("_") for p in use.parameters if p.required]
        body: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
        content = {"application/json": {"schema": body | ({"required": needed} if needed else {})}}
        found["requestBody"] = {"required": bool(needed), "content": content}
        found["parameters"] = [header("Idempotency-Key", "The same key again gives the same answer, for a day.")]
    return found


def value(parameter: Parameter) -> dict[str, Any]:
    """The schema of one argument."""
    one: dict[str, Any] = dict(TYPES[parameter.kind])
    if parameter.choices:
        one["enum"] = list(parameter.choices)
    if parameter.kind is int:
        one |= {"minimum": -(2**63) + 1, "maximum": 2**63 - 1}
    shape = {"type": "array", "items": one} if parameter.many else one
    if not parameter.required and parameter.default is None:
        shape = {"anyOf": [shape, {"type": "null"}]}
    return {"description": parameter.help, **shape}


def query(parameter: Parameter) -> dict[str, Any]:
    shape = value(parameter)
    text = shape.pop("description")
    if "anyOf" in shape:  # a query has no null: leave the parameter out
        shape = shape["anyOf"][0]
    return {
        "name": parameter.name.rstrip("_"), "in": "query", "required": parameter.required, "description": text,
        "schema": shape,
    }  # fmt: skip


def header(name: str, text: str) -> dict[str, Any]:
    shape: dict[str, Any] = {"type": "string"}
    if name == "Idempotency-Key":
        shape["pattern"] = "^[!-~]{1,200}$"
    return {"name": name, "in": "header", "required": False, "description": text, "schema": shape}


def result_schema(use: UseCase) -> dict[str, Any]:
    """From the return annotation: an object, a table, a text."""
    hint = typing.get_type_hints(use.call).get("return", dict)
    arms = [a for a in get_args(hint) if a is not type(None)] if get_origin(hint) is types.UnionType else [hint]
    found = [shape_of(arm) for arm in arms]
    return found[0] if len(found) == 1 else {"anyOf": found}


def shape_of(hint: Any) -> dict[str, Any]:
    origin = get_origin(hint) or hint
    if origin is list:
        return {"type": "array", "items": shape_of(get_args(hint)[0]) if get_args(hint) else {}}
    return {"type": "string"} if origin is str else {"type": "object"} if origin is dict else {}


def responses(ok: dict[str, Any], status: str = "200") -> dict[str, Any]:
    failure = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": "The answer", "content": {"application/json": {"schema": ok}}},
        "202": {"description": "Begun as a job", "content": {"application/json": {"schema": {"type": "object"}}}},
        "304": {"description": "As you have it"},
        **{code: {"description": text, "content": failure} for code, text in STATUSES.items()},
    }


def resources() -> dict[str, Any]:
    """Records as resources, files, and what stands outside the use cases."""
    kind = {"name": "kind", "in": "path", "required": True, "schema": {"type": "string", "enum": kinds.names()}}
    name = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"}
    id = {"name": "id", "in": "path", "required": True, "schema": name}
    act = {"name": "act", "in": "path", "required": True, "schema": {"type": "string", "enum": list(ACTS)}}
    match = header("If-Match", "The ETag you saw; refused if the record has moved on.")
    once = header("Idempotency-Key", "The same key again gives the same answer, for a day.")
    either = {"oneOf": [{"$ref": f"#/components/schemas/{k}"} for k in kinds.names()]}
    listing = operation(load("record", "list_"))
    reading = operation(load("record", "get"))
    options = [p for p in reading["parameters"] if p["name"] not in ("kind", "id")]
    thing = {"type": "object"}

    def op(name: str, summary: str, parameters: list[Any], ok: Any, status: str = "200", **more: Any) -> dict[str, Any]:
        found = {"operationId": name, "tags": ["record"], "summary": summary, "parameters": parameters}
        return found | {"responses": responses(ok, status)} | more

    body = {"required": True, "content": {"application/json": {"schema": either}}}
    act_body = {"required": False, "content": {"application/json": {"schema": thing}}}
    written = op(
        "records.put", "Write a draft: new, or a new revision.", [kind, id, match, once], thing, requestBody=body
    )
    written["responses"]["201"] = written["responses"]["200"]
    opened: dict[str, Any] = {"security": []}
    return {
        "/v1/records": {"get": listing | {"operationId": "records.list"}},
        "/v1/records/{kind}/{id}": {
            "get": op("records.get", "A record.", [kind, id, *options], thing),
            "put": written,
        },
        "/v1/records/{kind}/{id}/history": {
            "get": op("records.history", "What happened to it.", [kind, id], {"type": "array", "items": thing})
        },
        "/v1/records/{kind}/{id}/{act}": {
            "post": op("records.act", "Propose, vote, enact, retire, comment.", [kind, id, act, match, once], thing,
                       requestBody=act_body)
        },
        "/v1/login": {
            "post": op("login", "A token for a name and a password.", [], thing, requestBody={
                "required": True, "content": {"application/json": {"schema": {
                    "type": "object", "required": ["name", "password"], "additionalProperties": False,
                    "properties": {"name": {"type": "string"}, "password": {"type": "string"}},
                }}},
            }) | opened
        },
        "/healthz": {"get": op("healthz", "Whether the server and its records answer.", [], thing) | opened},
    }  # fmt: skip
