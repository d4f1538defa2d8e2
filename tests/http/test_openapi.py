import random

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Mount

from playbill.events import Kind
from playbill.http.bodies import PARTS

KEY = "a-key-that-is-only-used-in-these-tests-0"
HEADERS = {"X-API-Key": KEY, "Host": "localhost"}


@pytest.fixture(scope="module")
def document(call):
    return call("GET", "/openapi.json").json()


@pytest.fixture(scope="module")
def operations(document):
    return [(path, method, said) for path, methods in document["paths"].items() for method, said in methods.items()]


def test_every_route_is_described_and_nothing_else(app, operations):
    routes = [route for route in app.routes if not isinstance(route, Mount)]
    offered = {(route.path_format, method.lower()) for route in routes for method in route.methods}
    assert offered == {(path, method) for path, method, _ in operations}


def test_every_operation_says_what_it_does_and_what_can_go_wrong(operations):
    for path, _, said in operations:
        assert said["description"], path
        assert set(said["responses"]) == {"200", "default"}, path
        assert said["responses"]["default"]["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }


def test_every_number_and_every_text_is_bounded(operations):
    for path, _, said in operations:
        for parameter in said.get("parameters", []):
            schema = next(s for s in parameter["schema"].get("anyOf", [parameter["schema"]]) if s.get("type") != "null")
            bounds = {
                "integer": {"minimum", "maximum"}, "string": {"maxLength"}, "array": {"maxItems"}, "boolean": set(),
            }[schema["type"]]  # fmt: skip
            assert bounds <= schema.keys() or "pattern" in schema or "exclusiveMaximum" in schema, (path, parameter)


def test_every_reference_leads_somewhere(document):
    def references(value):
        if isinstance(value, dict):
            yield from ([value["$ref"]] if "$ref" in value else [])
            value = list(value.values())
        for item in value if isinstance(value, list) else []:
            yield from references(item)

    found = set(references(document))
    assert len(found) > 15
    for reference in found:
        assert reference.rpartition("/")[2] in document["components"]["schemas"], reference


def test_the_key_is_asked_for_everywhere_but_for_health(document, operations):
    schemes = document["components"]["securitySchemes"]
    assert schemes["key"] == {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    assert schemes["bearer"] == {"type": "http", "scheme": "bearer"}
    assert document["security"] == [{"key": []}, {"bearer": []}]
    assert {path for path, _, said in operations if said.get("security") == []} == {
        "/health/live",
        "/health/ready",
    }


def test_events_are_told_apart_by_their_kind(document):
    schemas = document["components"]["schemas"]
    names = [one["$ref"].rpartition("/")[2] for one in schemas["Event"]["oneOf"]]
    assert names == ["Action", "ProfileSet", "ControlSet", "TitleSet", "TitleRemoved", "TakenDown", "EditorialSet"]
    assert all("kind" in schemas[name]["required"] for name in names)
    assert schemas["TakenDown"]["properties"]["kind"] == {"const": "taken_down"}
    assert set(schemas["Kind"]["enum"]) == {kind.value for kind in Kind}


def test_what_the_server_stamps_is_not_asked_of_clients(document):
    schemas = document["components"]["schemas"]
    assert not {"received", "clamped"} & schemas["Action"]["properties"].keys()
    assert schemas["Action"]["additionalProperties"] is schemas["Title"]["additionalProperties"] is False


def test_bodies_hold_no_field_that_the_address_or_the_server_says(document):
    schemas = document["components"]["schemas"]
    assert "id" not in schemas["TitleBody"]["properties"] and "kind" in schemas["TitleBody"]["properties"]
    assert set(schemas["TakeDownBody"]["properties"]) == {"reason"}
    assert set(schemas["ControlBody"]["properties"]) == set(schemas["ControlBody"]["required"]) == {"value"}
    assert set(schemas["ProfileBody"]["required"]) == {"account", "name"}
    assert {"titles", "action", "until", "by"} == set(schemas["EditorialBody"]["required"])
    for name in PARTS:
        assert schemas[name]["additionalProperties"] is False
        assert not {"id", "at", "received"} & schemas[name]["properties"].keys()


@schemathesis.serializer("application/x-ndjson")
def as_lines(_, value):
    return str(value).encode("utf-8", "surrogatepass")


KNOWN = {
    "profile": ("ada", "kid", "m1"), "title": ("t1", "t98", "t99"), "variant": (0, 5), "control": ("profiling",),
    "rule": ("r1",), "q": ("film", "serie"),
}  # fmt: skip


def test_whatever_is_sent_nothing_fails_and_the_description_holds(app, call):
    """Some requests of each kind, half of them against the description, half of those with known ids."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=HEADERS)
    dice = random.Random(7)
    page = call("GET", "/v1/homepage/ada").json()["impression"]
    asked = 0

    def ask(case):
        nonlocal asked
        spares = case.method == "DELETE" and not case.path.endswith("take-down")  # what others ask about stays there
        for name, values in {**KNOWN, "impression": (page,), "slot": (0, 40)}.items():
            for given_ in (case.path_parameters, case.query):
                if name in (given_ or {}) and not spares and dice.random() < 0.5:
                    given_[name] = dice.choice(values)
        answer = case.call(headers=HEADERS)
        asked += 1
        assert answer.status_code < 500, answer.text
        case.validate_response(
            answer, checks=[status_code_conformance, content_type_conformance, response_schema_conformance]
        )

    for operation in (found.ok() for found in schema.get_all_operations()):
        for mode in GenerationMode:
            try:
                BRIEFLY(given(operation.as_strategy(generation_mode=mode))(ask))()
            except Unsatisfiable:
                assert not operation.path.startswith("/v1") or "parameters" not in operation.definition.raw
    assert asked > 120


BRIEFLY = settings(
    max_examples=3, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
