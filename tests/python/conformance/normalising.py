"""What of an answer is the server's own business (ids, times, addresses), so that the rest can be compared."""

import re
from typing import Any

_VOLATILE = frozenset(
    {"uid", "resourceVersion", "selfLink", "creationTimestamp", "managedFields", "storageVersionHash"}
)
_PATTERNS = (
    (re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----"), "<certificate>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"), "<time>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uid>"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+"), "<jwt>"),
    (re.compile(r"\bkube-api-access-[a-z0-9]{5}\b"), "kube-api-access-<suffix>"),
    (re.compile(r"\b(\w+-[bcdfghjklmnpqrstvwxz24-9]{8,10})-[bcdfghjklmnpqrstvwxz24-9]{5}\b"), r"\1-<suffix>"),
    (re.compile(r"\bdb-[bcdfghjklmnpqrstvwxz24-9]{9,10}\b"), "db-<hash>"),
    (re.compile(r"\bweb-[bcdfghjklmnpqrstvwxz24-9]{9,10}\b"), "web-<hash>"),
    (re.compile(r"\b(run|j|gen)-[bcdfghjklmnpqrstvwxz24-9]{5}\b"), r"\1-<suffix>"),
    (re.compile(r"containerd://[0-9a-f]{64}"), "containerd://<id>"),
    (re.compile(r"\b34\.118\.2\d\d\.\d+\b"), "<service-ip>"),
    (re.compile(r"\b203\.0\.113\.\d+\b"), "<public-ip>"),
    (re.compile(r"\b10\.4\.(\d+)\.\d+\b(?!/)"), r"10.4.\1.<n>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r":3[0-2]\d{3}/"), ":<node-port>/"),
    (re.compile(r'"?nodePort"?: 3[0-2]\d{3}'), "nodePort: <node-port>"),
    (re.compile(r"NodePort:(\s+)(\S+)\s+3[0-2]\d{3}"), r"NodePort: \2 <node-port>"),
    # The age of an object, in tables (at the end, or before another column) and in descriptions.
    (re.compile(r"(?<=[\s(])\d+(\.\d+)?(ms|s|m\d*s?)(?=\s|$|,|\))", re.MULTILINE), "<age>"),
    (re.compile(r"^\d+(ms|s|m\d*s?)$"), "<age>"),
    (re.compile(r"<age> ago"), "<age>"),
    (re.compile(r"(?<=resourceVersion=)\d+"), "<version>"),
    (re.compile(r'(?<=resourceVersion: ")\d+'), "<version>"),
)


def text(value: str) -> str:
    """Return a text without what differs between two runs on the same server; columns lose their width."""
    for pattern, stands_for in _PATTERNS:
        value = pattern.sub(stands_for, value)
    return "\n".join(re.sub(r"[ \t]+", " ", line).rstrip() for line in value.splitlines())


def body(value: Any) -> Any:
    """Return a JSON value without what differs between two runs on the same server."""
    if isinstance(value, dict):
        return {key: _field(key, item) for key, item in value.items() if key not in _VOLATILE}
    if isinstance(value, list):
        return [body(item) for item in value]
    return text(value) if isinstance(value, str) else value


def _field(key: str, value: Any) -> Any:
    if key == "nodePort" and isinstance(value, int):
        return "<node-port>"
    if key in ("continue", "remainingItemCount") and value:
        return "<told>"
    return body(value)


def disagreements(embedded: Any, real: Any, path: str = "") -> list[str]:
    """Return a line for each place where two JSON values differ, the embedded server's first."""
    if isinstance(embedded, dict) and isinstance(real, dict):
        return [
            line
            for key in sorted(embedded.keys() | real.keys())
            for line in disagreements(embedded.get(key, "<absent>"), real.get(key, "<absent>"), f"{path}.{key}")
        ]
    if isinstance(embedded, list) and isinstance(real, list) and len(embedded) == len(real):
        return [
            line
            for number, pair in enumerate(zip(embedded, real, strict=True))
            for line in disagreements(*pair, f"{path}[{number}]")
        ]
    return [] if embedded == real else [f"{path or 'text'}: {embedded!r} != {real!r}"]
