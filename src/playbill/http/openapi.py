"""The OpenAPI description: routes and parameters from FastAPI, shapes from the very types that are encoded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import playbill
from playbill.events import FACTS, Action
from playbill.http import replies
from playbill.http.access import OPEN
from playbill.http.bodies import PARTS
from playbill.http.problems import MEDIA_TYPE, Problem

REPLIES = (
    replies.Homepage, replies.Card, replies.Picture, replies.Listed, replies.Similar, replies.TitlePage, replies.Why,
    replies.Profiles, replies.Taken, replies.Health, replies.Found, replies.Next, replies.History, replies.Controls,
    replies.Export, replies.Described, replies.Forgotten, replies.Diff, replies.Rules, Problem,
)  # fmt: skip

SECURITY: dict[str, Any] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}

PROBLEM: dict[str, Any] = {
    "description": "What went wrong, as RFC 9457 describes it.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": replies.SCHEMAS + "Problem"}}},
}

LINES = "application/x-ndjson"
"""The media type of an object a line."""


def body(what: str, shape: str, media: Sequence[str] = ("application/json",), required: bool = True) -> dict[str, Any]:
    """The body that a route takes."""
    content = {kind: {"schema": {"type": "string"} if kind == LINES else _ref(shape)} for kind in media}
    return {"requestBody": {"required": required, "description": what, "content": content}}


def _ref(shape: str) -> dict[str, str]:
    return {"$ref": replies.SCHEMAS + shape}


def answers(what: str, shape: str | None = None, media: str = "application/json") -> dict[int | str, dict[str, Any]]:
    """The answers of a route: what it gives when all is well, and a problem otherwise."""
    schema = _ref(shape) if shape else {"type": "string"}
    return {200: {"description": what, "content": {media: {"schema": schema}}}, "default": PROBLEM}


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of an app."""
    document = get_openapi(
        title="playbill",
        version=playbill.__version__,
        description="A homepage for each member, and the reasons for it. Times are ms UTC; durations seconds.",
        routes=app.routes,
    )
    document["components"] = {"schemas": _replies() | _events(), "securitySchemes": SECURITY}
    document["security"] = [{name: []} for name in SECURITY]
    for path in OPEN:
        document["paths"][path]["get"]["security"] = []
    return document


def _replies() -> dict[str, Any]:
    _, components = msgspec.json.schema_components(REPLIES, ref_template=replies.SCHEMAS + "{name}")
    return components


def _events() -> dict[str, Any]:
    """What may be sent: each class of event, told apart by its kind, with no other fields than its own."""
    _, components = msgspec.json.schema_components((Action, *FACTS.values()), ref_template=replies.SCHEMAS + "{name}")
    for schema in components.values():
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
            for stamped in ("received", "clamped"):  # by the server
                schema["properties"].pop(stamped, None)
    for kind, cls in FACTS.items():
        components[cls.__name__]["properties"]["kind"] = {"const": kind}
        components[cls.__name__]["required"].append("kind")
    components["Event"] = {"oneOf": [_ref(cls.__name__) for cls in (Action, *FACTS.values())]}
    event = _ref("Event")
    components["Events"] = {"anyOf": [event, {"type": "array", "items": event}]}
    components["Titles"] = {"type": "array", "items": _ref("Title")}
    for name, (cls, elsewhere) in PARTS.items():
        whole = components[cls.__name__]
        dropped = elsewhere if name == "TitleBody" else (*elsewhere, "kind")  # of a title it is a field of its own
        properties = {field: said for field, said in whole["properties"].items() if field not in dropped}
        required = [field for field in whole["required"] if field in properties]
        components[name] = {
            "title": name, "type": "object", "properties": properties, "required": required,
            "additionalProperties": False,
        }  # fmt: skip
    return components
