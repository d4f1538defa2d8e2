"""Hostile requests made by hand: each is a route of the description, with one or two things wrong about it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from playbill.settings import Server

NUMBERS = (
    "0",
    "-1",
    "1e999",
    "NaN",
    "Infinity",
    "9" * 400,
    "-0",
    "0x10",
    "1_000",
    "٣",
    "1.5",
    "",
    " 1",
    "true",
    "2**63",
)
WORDS = (
    "", " ", "\x00", "\x7f", "a\u202eb", "\ud83d\ude00" * 40, "é" * 120, "x" * 300, "%", "%25", "null", "undefined",
    "ß", "\ufeff", "\u2028", "'; DROP TABLE event; --", "<script>", "${jndi:ldap://x}", "{{7*7}}", "٣٤", "İ", "ﷺ" * 20,
    "../x",
)  # fmt: skip
PATHS = (
    "/../../etc/passwd", "/static/../server.py", "/static/..%2f..%2fkey", "/static/%2e%2e/%2e%2e/key",
    "//evil.example/",
    "/v1/titles/..%2f..%2fkey?profile=p1", "/v1/posters/../0.svg", "/%00", "/%ff%fe", "/v1//profiles", "/v1/profiles/",
    "/v1/homepage/%2e%2e", "/static/", "/static/%00", "/static/main.js%00.css", "/.git/config", "/key", "/erased.jsonl",
    "/v1/titles/%F0%9F%98%80?profile=p1", "/" + "a/" * 900, "/" + "%41" * 900, "/" + "x" * 4_000, "*",
    "/?key=" + "k" * 500,
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FOO", "get", "G\u00cbT")
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, -(10**400), 1.5, 1e308, "", "x" * 5_000, [], {}, [[]], [None], {"a": 1}, "\x00",
    "\u202e", [1] * 2_000, {"$ref": "#"}, {"__proto__": {}}, "2020-01-01",
    2**53, 2**53 - 1, -(2**63), "é" * 500, ["a"] * 20_000,
)  # fmt: skip
BODIES = (
    b"", b"{", b"}", b"[", b"null", b"NaN", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1e999}', b"[" * 60_000,
    b'{"a":' * 5_000, b"\xff\xfe\x00", b'"\\ud800"', b"\x00" * 100, b'{"a": 1, "a": 2}', b"[1" + b"0" * 5_000 + b"]",
    b"\xef\xbb\xbf{}", b"<xml/>", b"a=1&b=2", b"--x\r\n\r\n--x--", b"{}{}", b"[{},]", b'{"kind": "play"}\n{"kind":',
    b"\n" * 999,
    b'{"id": "\\u0000"}', b"[" + b"{}," * 9_000 + b"{}]", b'{"kind": "view", "slots": [' + b"1," * 9_000 + b"1]}",
)  # fmt: skip


@dataclass
class Ask:
    """A request, below what clients would let through."""

    method: str
    target: str  # path and query, as on the wire
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    chunks: Sequence[bytes] = ()
    cut: bool = False  # the client hangs up before the body is whole
    what: str = ""  # what is wrong about it


class Maker:
    """Makes requests."""

    def __init__(
        self, document: dict[str, Any], key: str, known: dict[str, list[str]], dice: random.Random, limits: Server
    ) -> None:
        self._schemas, self._key, self._known, self._dice, self._limits = (
            document["components"]["schemas"], key.encode(), known, dice, limits,
        )  # fmt: skip
        self._operations = [
            (method.upper(), path, said)
            for path, methods in document["paths"].items()
            for method, said in methods.items()
        ]
        self._wrongs = (
            self._nothing, self._wrong_values, self._duplicated, self._wrong_body, self._mutated_body, self._oversized,
            self._wrong_media, self._wrong_method, self._junk_headers, self._half_written, self._traversal,
        )  # fmt: skip

    def make(self) -> Ask:
        """One request."""
        method, path, said = self._dice.choice(self._operations)
        ask = Ask(method, self._target(path, said, spare=method == "DELETE"), [(b"x-api-key", self._key)])
        if "requestBody" in said:
            ask.chunks = [json.dumps(self._value(self._schema_of(said), 0)).encode()]
            ask.headers.append((b"content-type", b"application/json"))
        wrong = self._dice.choice(self._wrongs)
        ask.what = wrong.__name__
        wrong(ask, path, said)
        return ask

    # What is right ---------------------------------------------------------------------------------------------------

    def _target(self, path: str, said: dict[str, Any], spare: bool = False, odd: float = 0.0) -> str:
        """An address of a route; each part is odd with this probability. spare: leave what others ask about."""
        query = []
        for parameter in said.get("parameters", []):
            name = parameter["name"]
            value = self._word(name, parameter["schema"], spare and name in ("profile", "title"), odd)
            if parameter["in"] == "path":
                path = path.replace("{" + name + "}", quote(value, safe="", errors="replace"))
            elif parameter.get("required") or self._dice.random() < 0.4:
                query.append(f"{name}={quote(value, safe='', errors='replace')}")
        return path + ("?" + "&".join(query) if query else "")

    def _word(self, name: str, schema: dict[str, Any], spare: bool, odd: float) -> str:
        if self._dice.random() < odd:
            return self._dice.choice(NUMBERS + WORDS)
        if spare:
            return f"spare-{self._dice.randrange(50)}"
        if name in self._known:
            return self._dice.choice(self._known[name])
        kinds = [str(s.get("type")) for s in schema.get("anyOf", [schema])]
        return {"integer": "3", "boolean": "false"}.get(kinds[0], "en" if name == "language" else "film")

    def _schema_of(self, said: dict[str, Any]) -> dict[str, Any]:
        content: dict[str, Any] = next(iter(said["requestBody"]["content"].values()))
        return dict(content["schema"])

    def _value(self, schema: dict[str, Any], depth: int) -> Any:
        """A value that about fits a schema."""
        dice = self._dice
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return self._value(dice.choice(options), depth)
        if "const" in schema or "enum" in schema:
            return schema.get("const") or dice.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                names = schema.get("properties", {})
                kept = [n for n in names if n in schema.get("required", ()) or dice.random() < 0.3 / (depth + 1)]
                return {name: self._field(name, names[name], depth + 1) for name in kept}
            case "array":
                return [self._value(schema.get("items") or {}, depth + 1) for _ in range(dice.randrange(3))]
            case "integer":
                return dice.choice((0, 1, 5, 1_700_000_100_000))
            case "number":
                return dice.choice((0.0, 0.5, 1.0, 2.5))
            case "boolean":
                return dice.random() < 0.5
            case "null":
                return None
            case _:
                return dice.choice(("a", "on", "off", "film", "DE", "top_picks", f"e{dice.randrange(10**9)}"))

    def _field(self, name: str, schema: dict[str, Any], depth: int) -> Any:
        if name in ("profile", "title") and self._dice.random() < 0.5 and "$ref" not in schema:
            return self._dice.choice(self._known[name])
        return self._value(schema, depth)

    # What is wrong ---------------------------------------------------------------------------------------------------

    def _nothing(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        """As the description has it, or nearly."""

    def _wrong_values(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        ask.target = self._target(path, said, spare=ask.method == "DELETE", odd=0.5)

    def _duplicated(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        names = [p["name"] for p in said.get("parameters", []) if p["in"] == "query"] or ["x"]
        more = [f"{self._dice.choice(names)}={quote(self._dice.choice(NUMBERS + WORDS), errors='replace')}"
                for _ in range(self._dice.choice((2, 5, 150)))]  # fmt: skip
        ask.target += ("&" if "?" in ask.target else "?") + "&".join(more)

    def _wrong_body(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        ask.chunks = [self._dice.choice(BODIES)]

    def _mutated_body(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        """A fitting body with one value replaced, a field added or left out."""
        if "requestBody" not in said:
            return
        value = self._value(self._schema_of(said), 0)
        inside = value[0] if isinstance(value, list) and value else value
        if isinstance(inside, dict):
            name = self._dice.choice([*inside, "extra", "__class__", "id"])
            if self._dice.random() < 0.2:
                inside.pop(name, None)
            else:
                inside[name] = self._dice.choice(VALUES)
        ask.chunks = [json.dumps(value, ensure_ascii=self._dice.random() < 0.5).encode("utf-8", "surrogatepass")]

    def _oversized(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        most = self._limits.largest_import if "import" in path or "sync" in path else self._limits.largest_body
        ask.chunks = [b" " * 16_384] * (most // 16_384 + 2)

    def _wrong_media(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        kind = self._dice.choice(
            (b"text/plain", b"multipart/form-data", b"application/x-www-form-urlencoded", b"\xff", b"")
        )
        ask.headers.append((b"content-type", kind))

    def _wrong_method(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        ask.method = self._dice.choice([m for m in METHODS if m != "DELETE"])

    def _junk_headers(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        dice = self._dice
        names = (b"host", b"origin", b"cookie", b"authorization", b"if-none-match", b"accept-language",
                 b"content-length", b"x-api-key", b"transfer-encoding", b"range",
                 b"x-" + b"y" * 500, b"accept")  # fmt: skip
        values = (b"", b"\xff\xfe", b"\x00", b"=;=;,", b"x" * 9_000, b"bytes=0-,-", b"-1", b"*;q=2", b"null",
                  b"evil.example", b"Bearer", b"a, b;q=0.5, " * 300, b'"' * 50, b"[::1",
                  b"localhost:99999999")  # fmt: skip
        for _ in range(dice.randrange(1, 4)):
            ask.headers.insert(dice.randrange(len(ask.headers) + 1), (dice.choice(names), dice.choice(values)))
        if dice.random() < 0.3:
            ask.headers = [h for h in ask.headers if h[0] != b"x-api-key"]

    def _half_written(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        whole = b"".join(ask.chunks) or b"{}"
        ask.chunks, ask.cut = [whole[: self._dice.randrange(len(whole) + 1)]], True

    def _traversal(self, ask: Ask, path: str, said: dict[str, Any]) -> None:
        ask.target = self._dice.choice(PATHS)
        ask.method = "GET"


def raw_requests(key: str, count: int, dice: random.Random) -> Iterator[bytes]:
    """Bytes that are hardly HTTP."""
    head = f"host: localhost\r\nx-api-key: {key}\r\n".encode()
    post = b"POST /v1/events HTTP/1.1\r\n" + head
    made = (
        post + b"content-length: 100\r\n\r\n[{",
        post + b"transfer-encoding: chunked\r\n\r\n5\r\n[{\r\n",
        post + b"transfer-encoding: chunked\r\n\r\nZZ\r\nxx\r\n0\r\n\r\n",
        post + b"transfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
        post + b"transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n[]",
        post + b"content-length: -5\r\n\r\n[]",
        post + b"content-length: 2\r\ncontent-length: 20\r\n\r\n[]",
        post + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n[]",
        b"GET / HTTP/9.9\r\n" + head + b"\r\n",
        b"GET\r\n\r\n", b"\r\n\r\n", b"\x16\x03\x01\x02\x00" + b"\x00" * 80,
        b"GET /" + b"a" * 90_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /v1/profiles HTTP/1.1\r\n" + head + b"x: " + b"y" * 90_000 + b"\r\n\r\n",
        b"GET /v1/profiles HTTP/1.1\r\n" + head + b"a\x00b: c\r\n\r\n",
        b"GET /v1/profiles HTTP/1.1\r\n" + head + b" folded\r\n\r\n",
        b"GET /v1/profiles HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n" + head + b"\r\n",
        b"OPTIONS * HTTP/1.1\r\n" + head + b"\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\n" + head + b"\r\n",
        (b"GET /health/live HTTP/1.1\r\n" + head + b"\r\n") * 20,
    )  # fmt: skip
    for _ in range(count):
        sent = dice.choice(made)
        yield sent[: dice.randrange(1, len(sent))] if dice.random() < 0.3 else sent
