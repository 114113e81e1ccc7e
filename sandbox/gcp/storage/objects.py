"""What is in buckets, kept by gcp-storage-emulator: uploads of each kind, downloads, lists, copies, checksums.

https://github.com/oittaa/gcp-storage-emulator knows nothing of who may do what, of projects and of locations, and
answers failures without a body; all that is decided before it is asked. It runs inside of this process, in memory.
"""

import io
import json
import re
from collections.abc import Iterable
from email.message import Message
from email.parser import BytesParser
from typing import Any

# It comes without types.
from gcp_storage_emulator.exceptions import NotFound  # type: ignore[import-untyped]
from gcp_storage_emulator.server import Router  # type: ignore[import-untyped]
from gcp_storage_emulator.storage import Storage  # type: ignore[import-untyped]
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from sandbox.gcp.errors import GoogleError
from sandbox.gcp.storage.errors import invalid, shape

_FIRST_ERROR = 400
# What was permitted is the method of the request.
_NOT_HANDED_ON = ("transfer-encoding", "x-http-method-override")
RESUMABLE = "/resumable"
"""What gcloud writes before the paths of uploads that it begins."""


class Objects:
    """The objects of every bucket."""

    def __init__(self) -> None:
        self._storage = Storage(use_memory_fs=True)

    def exists(self, bucket: str, name: str) -> bool:
        """Tell whether a bucket has an object of that name."""
        try:
            self._storage.get_file_obj(bucket, name)
        except NotFound:
            return False
        return True

    def anything_in(self, bucket: str) -> bool:
        """Tell whether there is anything in a bucket."""
        return bool(self._storage.objects.get(bucket))

    def forget(self, bucket: str) -> None:
        """Forget an empty bucket."""
        if bucket in self._storage.buckets:
            self._storage.delete_bucket(bucket)

    async def answer(self, request: Request, buckets: Iterable[str]) -> Response:
        """Answer a request that is known to be permitted, in buckets that exist.

        Raises:
            GoogleError: 400, the request cannot be read.
        """
        for bucket in buckets:
            if bucket not in self._storage.buckets:
                self._storage.create_bucket(bucket, {})
        exchange = _Exchange(request, await request.body(), self._storage)
        try:
            Router(exchange).handle(request.method)
        except Exception as error:
            # It takes requests apart without looking whether they are whole.
            raise invalid("Invalid argument.") from error
        return exchange.response()


def uploaded_name(request: Request, body: bytes) -> str:
    """Return the name of the object that an upload makes: from the query, else from the metadata sent.

    Raises:
        GoogleError: 400, it has none.
    """
    name = request.query_params.get("name")
    kind = _content_type(request)
    if not name and kind.startswith("multipart/"):
        parts = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        first = parts.get_payload(0) if parts.is_multipart() else None
        name = _name_in(first.get_payload(decode=True) if isinstance(first, Message) else None)
    elif not name:
        name = _name_in(body)
    if not name:
        raise invalid("Required")
    return name


def _content_type(request: Request) -> str:
    """Return the content type; gcloud puts a boundary between single quotes, which are a part of it by the letter."""
    return re.sub(r"boundary='([^']*)'", r'boundary="\1"', request.headers.get("content-type", ""))


def _name_in(metadata: Any) -> str:
    try:
        return str(json.loads(metadata or b"{}").get("name") or "")
    except (ValueError, AttributeError, TypeError):
        return ""


class _Exchange:
    """A request as `http.server` would hand it to the emulator, and what the emulator says to it."""

    def __init__(self, request: Request, body: bytes, storage: Any) -> None:
        raw: bytes = request.scope["raw_path"]
        query: bytes = request.scope["query_string"]
        path = raw.partition(b"?")[0].removeprefix(RESUMABLE.encode())
        self.path = (path + (b"?" + query if query else b"")).decode("latin-1")
        kept = {name: value for name, value in request.headers.items() if name not in _NOT_HANDED_ON}
        # Starlette has undone the chunks of a body that came in chunks.
        self.headers = Headers(kept | {"content-length": str(len(body)), "content-type": _content_type(request)})
        self.rfile = io.BytesIO(body)
        self.wfile = io.BytesIO()
        self.server = self
        self.server_address = request.scope["server"]
        self.storage = storage
        self._status = 200
        self._headers: dict[str, str] = {}

    def send_response(self, status: int, _phrase: str) -> None:
        self._status = status

    def send_header(self, name: str, value: str) -> None:
        self._headers[name] = value

    def end_headers(self) -> None:
        """The answer's body follows."""

    def response(self) -> Response:
        content = self.wfile.getvalue()
        if self._status >= _FIRST_ERROR and not content:
            return shape(GoogleError(self._status, "Invalid argument."))
        return Response(content, status_code=self._status, headers=self._headers)
