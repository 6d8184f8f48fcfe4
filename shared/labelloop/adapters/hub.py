"""Downloads from a hub of models, Hugging Face's or one with its API: resumed, checked, bounded."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from labelloop.adapters.connection_errors import bare_host, why
from labelloop.errors import NotFound, Rejected

SMALL: Final = 50_000_000  # bytes of a file that is read into memory: a tokenizer
_MOST_LISTED: Final = 20_000_000  # bytes of a listing
_MOST_REDIRECTS: Final = 5
_TRIES: Final = 4
_CHUNK: Final = 1 << 20
_REDIRECTS: Final = {301, 302, 303, 307, 308}
_HERE: Final = ("localhost", "127.0.0.1", "::1")
_PATIENCE: Final = urllib3.Timeout(connect=10, read=60)
_PLAIN: Final[Any] = {"preload_content": False, "redirect": False, "retries": False}
_CHECK_HUB: Final = "check --hub and HF_ENDPOINT"
_ADMISSION: Final = (
    "set HF_TOKEN to a token of an account that may read it, and accept its terms there"
)


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a model. `sha256`: of one that the hub stores apart; else `git`, its blob's id."""

    name: str
    size: int
    sha256: str = ""
    git: str = ""

    def is_whole(self, body: Iterator[bytes]) -> bool:
        """Say whether these bytes are the file. Without any checksum its size has to do."""
        git_blob = sha1(b"blob %d\0" % self.size, usedforsecurity=False)
        digest = sha256() if self.sha256 else git_blob
        size = 0
        for chunk in body:
            digest.update(chunk)
            size += len(chunk)
        wanted = self.sha256 or self.git
        return size == self.size and wanted in ("", digest.hexdigest())


class _Broken(Exception):
    """The connection ended before the file did."""


@dataclass(frozen=True)
class HubModel:
    """A model on a hub, at one commit. Raises Rejected, NotFound for what can't be had."""

    hub: str
    name: str
    commit: str
    files: Mapping[str, HubFile]
    _pool: urllib3.PoolManager
    _token: str = field(repr=False)

    @classmethod
    def found(cls, hub: str, name: str, pool: urllib3.PoolManager, token: str = "") -> Self:
        """Return the model `org/name`, or `org/name@revision`."""
        hub, (name, _, revision) = hub.rstrip("/"), name.partition("@")
        _demand_safe(hub)
        at = f"/revision/{quote(revision, safe='')}" if revision else ""
        url = f"{hub}/api/models/{quote(name)}{at}?blobs=true"
        answer = _answer(pool, url, token, {}, name)
        try:
            listing = json.loads(_bounded(answer, _MOST_LISTED, name))
            files = {one.name: one for one in map(_file_of, listing["siblings"])}
            commit = str(listing["sha"])
        except (KeyError, TypeError, ValueError, RecursionError):
            raise Rejected(f"{hub} lists no files of {name}", _CHECK_HUB) from None
        return cls(hub, name, commit, files, pool, token)

    def read(self, name: str) -> bytes:
        """Return the bytes of a small file."""
        file = self.files[name]
        if file.size > SMALL:
            raise Rejected(
                f"{name} of {self.name} has {file.size:,} bytes, more than {SMALL:,}",
                "take another model",
            )
        body = _bounded(self._asked(file, {}), file.size, name)
        if not file.is_whole(iter([body])):
            raise Rejected(f"{name} of {self.name} arrived damaged", "try again")
        return body

    def download(self, name: str, folder: Path) -> Path:
        """Store a file in a folder, and go on where an earlier try stopped; return its path."""
        file = self.files[name]
        folder.mkdir(parents=True, exist_ok=True)
        plain = f"{self.name}/{self.commit}/{name}".encode()
        path = folder / (file.sha256 or file.git or sha256(plain).hexdigest())
        if path.is_file() and file.is_whole(_chunks(path)):
            return path
        part = path.with_suffix(".part")
        for tries_left in reversed(range(_TRIES)):
            try:
                self._append(file, part)
                break
            except _Broken as exc:
                if not tries_left:
                    fix = "run the same command again: it goes on where it stopped"
                    raise Rejected(f"{name} of {self.name}: {exc}", fix) from None
        if not file.is_whole(_chunks(part)):
            part.unlink()
            raise Rejected(
                f"{name} of {self.name} is not what the hub lists: its checksum differs",
                "try again",
            )
        return part.rename(path)

    def _append(self, file: HubFile, part: Path) -> None:
        """Fetch the rest of a file; _Broken if it ends early."""
        done = part.stat().st_size if part.exists() else 0
        if done >= file.size > 0:
            if done == file.size:
                return
            part.unlink()
            done = 0
        answer = self._asked(file, {"Range": f"bytes={done}-"} if done else {})
        goes_on = answer.status == 206 and _starts_at(answer) == done
        size = done if goes_on else 0
        with part.open("ab" if goes_on else "wb") as out:
            try:
                for chunk in answer.stream(_CHUNK, decode_content=False):
                    size += len(chunk)
                    if size > file.size:
                        raise Rejected(
                            f"{file.name} is longer than the {file.size:,} bytes listed",
                            "run the same command again",
                        )
                    out.write(chunk)
            except HTTPError as exc:
                raise _Broken(why(exc, self.hub)[0]) from None
            finally:
                answer.close()
        if size < file.size:
            raise _Broken(f"only {size:,} of {file.size:,} bytes arrived")

    def _asked(self, file: HubFile, headers: dict[str, str]) -> Any:
        path = f"{quote(self.name)}/resolve/{quote(self.commit, safe='')}/{quote(file.name)}"
        return _answer(self._pool, f"{self.hub}/{path}", self._token, headers, self.name)


def _file_of(row: Any) -> HubFile:
    apart = row.get("lfs") or {}
    size = apart.get("size", row.get("size"))
    if type(size) is not int or size < 0:
        raise ValueError("a file without a size")
    return HubFile(
        str(row["rfilename"]), size, str(apart.get("sha256") or ""), str(row.get("blobId") or "")
    )


def _answer(
    pool: urllib3.PoolManager, url: str, token: str, headers: dict[str, str], what: str
) -> Any:
    """Return the answer at an address, after some redirects; other hosts do not get the token."""
    home = urlsplit(url).netloc
    for _ in range(_MOST_REDIRECTS + 1):
        _demand_safe(url)
        is_home = token and urlsplit(url).netloc == home
        sent = {"Accept-Encoding": "identity", **headers}
        sent |= {"Authorization": f"Bearer {token}"} if is_home else {}
        try:
            answer = pool.request("GET", url, headers=sent, timeout=_PATIENCE, **_PLAIN)
        except HTTPError as exc:
            reason, fix = why(exc, url)
            raise Rejected(f"{bare_host(url)} can't be reached: {reason}", fix) from None
        if answer.status not in _REDIRECTS:
            return _checked(answer, what, token)
        answer.close()
        url = urljoin(url, answer.headers.get("Location", ""))
    raise Rejected(f"{what}: more than {_MOST_REDIRECTS} redirects", _CHECK_HUB)


def _checked(answer: Any, what: str, token: str) -> Any:
    if answer.status in (200, 206):
        return answer
    answer.close()
    if answer.status in (401, 403):
        refused = "refuses the token" if token else "wants a token"
        raise Rejected(f"the hub {refused} for {what}, or there is no such model", _ADMISSION)
    if answer.status == 404:
        raise NotFound(
            f"the hub has no {what}", "write it as hub:org/name, or hub:org/name@revision"
        )
    raise Rejected(f"the hub answered {answer.status} for {what}", "try again later")


def _bounded(answer: Any, most: int, what: str) -> bytes:
    """Return a short answer's body."""
    try:
        body: bytes = answer.read(most + 1, decode_content=False)
    except HTTPError as exc:
        raise Rejected(f"{what} did not arrive whole ({type(exc).__name__})", "try again") from None
    finally:
        answer.close()
    if len(body) > most:
        raise Rejected(f"{what} is longer than {most:,} bytes", "take another model")
    return body


def _demand_safe(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE):
        return
    raise Rejected(f"{url[:80]}: only https is downloaded from", _CHECK_HUB)


def _starts_at(answer: Any) -> int:
    """Return where the bytes of a partial answer begin in the file, -1 if it doesn't say."""
    first = str(answer.headers.get("Content-Range", "")).removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdigit() else -1


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
