"""Bodies in and out: which form the client wants, and reading what it sends."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from starlette.requests import Request
from starlette.responses import Response

from sandbox.kubernetes.embedded import protobuf
from sandbox.kubernetes.embedded.patches import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from sandbox.kubernetes.embedded.registry import Write
from sandbox.kubernetes.embedded.statuses import StatusError, bad_request

Form = Literal["Object", "Table", "PartialObjectMetadata"]
_MEDIA = ("application/json", "application/yaml")
_PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)


@dataclass(frozen=True)
class Wanted:
    """The form of the answer: as it is, as a table, or metadata only; in JSON or YAML."""

    form: Form = "Object"
    media: str = "application/json"


def accepts(request: Request) -> list[dict[str, str]]:
    """Return the `Accept` header's entries in order, each with its parameters; the media type is `media`."""
    entries = []
    for part in (request.headers.get("accept") or "*/*").split(","):
        media, *parameters = (one.strip() for one in part.split(";"))
        entries.append({"media": media, **dict(one.split("=", 1) for one in parameters if "=" in one)})
    return entries


def wanted(request: Request) -> Wanted:
    """Return the first form of the `Accept` header that this server has.

    Raises:
        StatusError: 406 when there is none.
    """
    for entry in accepts(request):
        media = "application/json" if entry["media"] in {"*/*", "application/*"} else entry["media"]
        if media not in _MEDIA:
            continue
        form = entry.get("as", "")
        if form == "Table":
            return Wanted("Table", media)
        if form.startswith("PartialObjectMetadata"):
            return Wanted("PartialObjectMetadata", media)
        if not form:
            return Wanted("Object", media)
    raise StatusError(406, "only the following media types are accepted: " + ", ".join(_MEDIA), details={})


def answer(
    body: Mapping[str, Any], status: int = 200, media: str = "application/json", warnings: tuple[str, ...] = ()
) -> Response:
    """Return a response with the headers that an API server sends."""
    as_yaml = media == "application/yaml"
    content = yaml.safe_dump(dict(body), sort_keys=False).encode() if as_yaml else encoded(body)
    response = Response(content, status, {"Cache-Control": "no-cache, private"}, media)
    for warning in warnings:
        text = warning.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.append("Warning", f'299 - "{text}"')
    return response


def encoded(body: Mapping[str, Any]) -> bytes:
    """Return an object as one line of JSON."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


async def read_body(request: Request) -> Any:
    """Return the body of a create or update.

    Raises:
        StatusError: the body is of another media type, or cannot be read.
    """
    media = _media_type(request)
    if media not in {"", *_MEDIA, protobuf.MEDIA_TYPE}:
        raise _unsupported(", ".join([*_MEDIA, protobuf.MEDIA_TYPE]))
    return _parsed(await request.body(), media)


async def read_patch(request: Request) -> tuple[Any, str]:
    """Return the body of a patch, and which patch it is.

    Raises:
        StatusError: it is no patch type that Kubernetes knows, or cannot be read.
    """
    media = _media_type(request)
    if media not in _PATCHES:
        raise StatusError(415, "415: Unsupported Media Type", details={})
    return _parsed(await request.body(), "application/yaml" if media == APPLY_PATCH else media), media


async def read_options(request: Request) -> dict[str, Any]:
    """Return the `DeleteOptions` of a delete; an empty body has none."""
    content = await request.body()
    options = _parsed(content, _media_type(request)) if content.strip() else {}
    if not isinstance(options, dict):
        raise bad_request("the body is no DeleteOptions")
    return options


def read_write(request: Request) -> Write:
    """Return how a write is meant, from the query and the client's name.

    Raises:
        StatusError: an option has a value that it cannot have.
    """
    query = request.query_params
    if query.get("dryRun") not in {None, "", "All"}:
        raise bad_request(f'Invalid value: "{query["dryRun"]}": supported values: "All"')
    validation = query.get("fieldValidation") or "Warn"
    if validation not in {"Strict", "Warn", "Ignore"}:
        raise bad_request(
            f'fieldValidation: Unsupported value: "{validation}": supported values: "Ignore", "Strict", "Warn"'
        )
    manager = query.get("fieldManager") or request.headers.get("user-agent", "").partition("/")[0] or "unknown"
    return Write(
        manager=manager,
        dry_run=query.get("dryRun") == "All",
        field_validation=validation,
        force=query.get("force", "").lower() in {"true", "1"},
    )


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip()


def _unsupported(accepted: str) -> StatusError:
    return StatusError(
        415, f"the body of the request was in an unknown format - accepted media types include: {accepted}", details={}
    )


def _parsed(content: bytes, media: str) -> Any:
    if media == protobuf.MEDIA_TYPE:
        try:
            return protobuf.decode(content)
        except protobuf.UnreadableMessageError as failure:
            raise bad_request(str(failure)) from failure
    try:
        if media == "application/yaml":
            # JSON is YAML, but this parser is much slower.
            return json.loads(content) if content[:1] == b"{" else yaml.safe_load(content)
        return json.loads(content)
    except (ValueError, yaml.YAMLError) as failure:
        raise bad_request(
            "couldn't get version/kind; json parse error: invalid character or unexpected end of JSON input"
        ) from failure
