"""A loopback archive: plain HTTP and S3 listings, ranges and etags, and faults on request."""

import hashlib
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse
from xml.sax.saxutils import escape

import pytest

from crashsim.data.retry import Retry


@dataclass
class FakeArchive:
    """Files by key. A fault is an HTTP status, or -n: the connection is cut after n bytes."""

    files: dict[str, bytes] = field(default_factory=dict)
    faults: deque[int] = field(default_factory=deque)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    ranges: bool = True
    etags: bool = True
    url: str = ""

    def asked(self, method: str = "GET") -> list[str]:
        return [path for verb, path, _ in self.requests if verb == method]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    archive: FakeArchive

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        parts = urlparse(self.path)
        key = unquote(parts.path).lstrip("/")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.archive.requests.append((self.command, key, headers))
        fault = self.archive.faults.popleft() if self.archive.faults else 0
        query = parse_qs(parts.query)
        if fault > 0:
            self._send(fault, b"no", body, {})
        elif "list-type" in query:
            self._send(200, self._listing(key, query["prefix"][0]), body, {})
        elif key not in self.archive.files:
            self._send(404, b"no such key", body, {})
        else:
            self._file(key, headers, body, -fault)

    def _file(self, key: str, headers: dict[str, str], body: bool, cut_after: int) -> None:
        data = self.archive.files[key]
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        named = {"Last-Modified": formatdate(0, usegmt=True)}
        if self.archive.etags:
            named["ETag"] = etag
        if headers.get("if-match") not in (None, etag):
            self._send(412, b"", body, {})
            return
        start, status = 0, 200
        if "range" in headers and self.archive.ranges:
            start = int(headers["range"].removeprefix("bytes=").rstrip("-"))
            named["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            status = 206
        self._send(status, data[start:], body, named, cut_after)

    def _send(
        self, status: int, data: bytes, body: bool, named: dict[str, str], cut_after: int = 0
    ) -> None:
        self.send_response(status)
        for name, value in named.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data[:cut_after] if cut_after else data)
        if cut_after:
            self.close_connection = True

    def _listing(self, bucket: str, prefix: str) -> bytes:
        rows = "".join(
            f"<Contents><Key>{escape(key.removeprefix(bucket + '/'))}</Key><Size>{len(data)}</Size>"
            f'<LastModified>2025-10-11T00:00:00.000Z</LastModified><ETag>"x"</ETag></Contents>'
            for key, data in sorted(self.archive.files.items())
            if key.startswith(f"{bucket}/{prefix}")
        )
        return (
            f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def archive_server() -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (_Handler,), {"archive": FakeArchive()})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join(timeout=5)


@pytest.fixture
def archive(archive_server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> FakeArchive:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up-secret")
    fake = FakeArchive(url=f"http://127.0.0.1:{archive_server.server_address[1]}")
    monkeypatch.setattr(archive_server.RequestHandlerClass, "archive", fake)
    return fake


@dataclass
class Clock:
    """Sleeps without sleeping."""

    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def retry(clock: Clock) -> Retry:
    return Retry(attempts=4, sleep=clock.sleep)
