"""One archive over the network, through obstore: HTTP and S3 alike, every failure told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from crashsim.data.errors import NetworkError, TransientError
from crashsim.data.fetch.archives import Archive
from crashsim.data.fetch.credentials import credential_options
from crashsim.data.fetch.remote_files import RemoteFile

if TYPE_CHECKING:
    from obstore.store import ObjectStore

T = TypeVar("T")
_STATUS = re.compile(r"status code: (\d{3})")
_INSTANCE_ROLE = "http://169.254."
_CHUNK_BYTES = 1 << 20
_IDLE_S = 60  # without a byte for so long, a connection counts as cut


class AbsentError(Exception):
    """The archive has no file of that name."""


class ChangedError(Exception):
    """The file is not the one whose first part is here, or cannot be continued."""


@dataclass(frozen=True)
class Meta:
    """What an archive says of a file before its bytes. etag is None where it is no strong one."""

    size: int
    etag: str | None


@dataclass(frozen=True)
class Endpoint:
    """Where an archive is asked instead of its own address: a mirror, or a test's server.

    For an s3:// archive it is the address of an S3 service, else the base URL.
    """

    url: str


class Remote:
    """An archive that can be asked. Raises TransientError for what can pass, else NetworkError."""

    def __init__(self, archive: Archive, endpoint: Endpoint | None = None) -> None:
        self.archive = archive
        self._store = _open(archive, endpoint)

    def head(self, file: RemoteFile) -> Meta:
        """Size and etag. Raises AbsentError where there is no such file."""
        import obstore

        return _meta(self._guard(file.url, lambda: obstore.head(self._store, file.key)))

    def listing(self, folder: RemoteFile) -> list[tuple[RemoteFile, Meta]]:
        """The files of a folder, by name."""
        import obstore

        pages = self._guard(
            folder.url, lambda: [*obstore.list(self._store, prefix=folder.key.rstrip("/"))]
        )
        entries = [entry for page in pages for entry in page]
        found = [(RemoteFile(self.archive, entry["path"]), _meta(entry)) for entry in entries]
        return sorted(found, key=lambda pair: pair[0].key)

    def read(self, file: RemoteFile) -> bytes:
        """All bytes of a small file."""
        import obstore

        return self._guard(file.url, lambda: obstore.get(self._store, file.key).bytes().to_bytes())

    def stream(self, file: RemoteFile, offset: int, etag: str | None) -> Iterator[Meta | bytes]:
        """First the Meta, then the bytes from offset on.

        With an etag the file must still be that one: else ChangedError, as when a server cannot
        start in the middle.
        """
        import obstore

        options: Any = {"range": {"offset": offset}, "if_match": etag} if offset else None
        answer = self._guard(file.url, lambda: obstore.get(self._store, file.key, options=options))
        yield _meta(answer.meta)
        chunks = iter(answer.stream(min_chunk_size=_CHUNK_BYTES))
        while (chunk := self._guard(file.url, lambda: next(chunks, None))) is not None:
            yield bytes(chunk)

    def _guard(self, url: str, ask: Callable[[], T]) -> T:
        from obstore import exceptions

        try:
            return ask()
        except FileNotFoundError:
            raise AbsentError(f"{url} is not in the archive") from None
        except (exceptions.PreconditionError, exceptions.NotSupportedError) as error:
            raise ChangedError(str(error).splitlines()[0]) from None
        except exceptions.BaseError as error:
            raise _judge(error, url, self.archive) from error


def _judge(error: Exception, url: str, archive: Archive) -> Exception:
    first = str(error).splitlines()[0]
    found = _STATUS.search(first)
    status = int(found.group(1)) if found else None
    if _INSTANCE_ROLE in first:  # the last link of the chain: no credentials anywhere before it
        return NetworkError(f"{url}: no AWS credentials were found. {_CREDENTIALS}")
    if status is None or status == 429 or status >= 500:
        told = "no answer, or one that was cut" if status is None else f"HTTP {status}"
        return TransientError(f"{url}: {told}")
    if status in (401, 403) and archive.paid:
        return NetworkError(f"{url}: HTTP {status}. {_CREDENTIALS}")
    if status in (403, 451):
        return NetworkError(
            f"{url}: HTTP {status}: the archive refuses this address; fetch it from another network"
            " and import the file with `crashsim data import`"
        )
    return NetworkError(f"{url}: refused with HTTP {status}")


_CREDENTIALS = (
    "This bucket bills the one who asks, so it needs an AWS account: set AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY, or run `aws configure` (for single sign-on:"
    ' `eval "$(aws configure export-credentials --format env)"`)'
)


def _open(archive: Archive, endpoint: Endpoint | None) -> ObjectStore:
    from obstore import exceptions
    from obstore.store import HTTPStore, S3Store

    # Retries are our own (retry.Retry): they are reported, seeded and continue a partial file.
    retry: Any = {"max_retries": 0, "retry_timeout": timedelta(seconds=_IDLE_S)}
    client: Any = {
        "read_timeout": timedelta(seconds=_IDLE_S),
        "timeout": timedelta(hours=6),
        "allow_http": endpoint is not None and endpoint.url.startswith("http://"),
    }
    if not archive.base.startswith("s3://"):
        base = archive.base if endpoint is None else endpoint.url
        return HTTPStore.from_url(base, client_options=client, retry_config=retry)
    given = credential_options()
    config: Any = {"region": archive.region, "request_payer": True}
    config |= given.pop("config", {})
    if endpoint is not None:
        config["endpoint"] = endpoint.url
    bucket = archive.base.removeprefix("s3://")
    try:
        return S3Store(bucket, config=config, client_options=client, retry_config=retry, **given)
    except exceptions.BaseError as error:  # a key without its secret, for one
        raise NetworkError(f"{str(error).splitlines()[0]}. {_CREDENTIALS}") from None


def _meta(entry: Any) -> Meta:
    etag = entry["e_tag"]
    strong = etag is not None and not etag.startswith("W/")
    return Meta(int(entry["size"]), etag if strong else None)
