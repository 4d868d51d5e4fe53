"""Pulumi Cloud: an organization goes in, its stacks come out, and the export of each.

A source is `pulumi:ORGANIZATION` or `pulumi:ORGANIZATION/PROJECT`: it has no host, so a list of sources cannot send the token
anywhere. The host is that of `PULUMI_BACKEND_URL`, and the token is `PULUMI_ACCESS_TOKEN`, as for Pulumi's CLI. Secrets in an
export stay encrypted.
Source: pkg/backend/httpstate/client and sdk/go/common/apitype of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from policypack.core.reading.json_errors import NO_JSON
from policypack.core.stack_name import StackName
from stackguard.audit.model import Location, StackRef
from stackguard.audit.sources.backend import NAME
from stackguard.errors import CannotJudge, reason

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager, Retry

PREFIX = "pulumi:"
SOURCE = re.compile(rf"{PREFIX}(?P<organization>{NAME.pattern})(/(?P<project>{NAME.pattern}))?")
DEFAULT = "https://api.pulumi.com"
BACKEND, TOKEN = "PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"
ACCEPT = "application/vnd.pulumi+9"
RELATIVE = frozenset({".", ".."})
AT_ONCE = 8
"""Stacks whose tags are asked for at a time."""
IN_MEMORY = 8 << 20
LONGEST_PAGE = 64 << 20
BLOCK = 1 << 20
AGAIN = frozenset({429, 500, 502, 503, 504})
"""The statuses after which a request is sent again."""
ATTEMPTS = 6
PAUSE = 0.5
"""Seconds before the first of them, about; the next ones double it, or the server names its own."""
LONGEST_PAUSE = 120
CONNECTING, READING = 10.0, 60.0
"""Seconds."""


class _Summary(msgspec.Struct, rename="camel"):
    org_name: str = ""
    project_name: str = ""
    stack_name: str = ""


class _Page(msgspec.Struct, rename="camel"):
    stacks: list[_Summary] | None = None
    continuation_token: str | None = None


class _Details(msgspec.Struct, rename="camel"):
    version: int = 0
    active_update: str = ""
    current_operation: Any = None
    tags: Mapping[str, str] | None = None

    @property
    def etag(self) -> str:
        """Equal for equal content; empty while an update runs, which changes it."""
        ended = self.version and self.active_update and self.current_operation is None
        return f"{self.version}:{self.active_update}" if ended else ""


def is_cloud(source: str) -> bool:
    """Whether a source of the command line is an organization of Pulumi Cloud."""
    return source.startswith(PREFIX)


def stacks(source: str, name: str) -> Iterator[StackRef]:
    """The stacks of an organization or of one of its projects, with their tags.

    Args:
        source: as above.
        name: the name that the operator gave the source; empty for none.

    Raises:
        CannotJudge: the source, the token or the address is malformed or missing.
        OSError: the stacks, or some of their tags, cannot be read.
    """
    match = SOURCE.fullmatch(source)
    if match is None or not set(match.groups()).isdisjoint(RELATIVE):
        raise CannotJudge(f"`{source}` is no organization of Pulumi Cloud; give `pulumi:ORGANIZATION[/PROJECT]`")
    client, organization, project = _configured(), match["organization"], match["project"]
    problems: list[str] = []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for page in _pages(client, organization, project):
            named = [
                StackName(summary.org_name, summary.project_name, summary.stack_name)
                for summary in page
                if summary.org_name == organization and project in {None, summary.project_name}
            ]
            for stack, details in zip(named, threads.map(lambda stack: _details(client, stack), named), strict=True):
                if isinstance(details, OSError):
                    problems.append(reason(details))
                known = _Details() if isinstance(details, OSError) else details
                if known is not None:
                    location = Location("cloud", f"{PREFIX}{stack}")
                    origin = name or f"{client.base}/{organization}"
                    yield StackRef(location, stack, origin, version=known.etag, tags=known.tags or {})
    if problems:
        raise OSError(0, f"the tags of {len(problems)} stacks cannot be read: {problems[0]}")


def export(url: str, most: int) -> IO[bytes]:
    """The export of a stack, of which no more than one block beyond `most` bytes are read.

    Raises:
        OSError: it cannot be read.
    """
    try:
        return _configured().read(f"{_path(url.removeprefix(PREFIX))}/export", most)
    except CannotJudge as error:  # this process has another environment than the one that listed it
        raise OSError(0, error.message) from None


def _pages(client: Client, organization: str, project: str | None) -> Iterator[list[_Summary]]:
    asked = {"organization": organization} | ({"project": project} if project else {})
    seen: set[str] = set()
    token: str | None = ""
    while token is not None:
        fields = asked | ({"continuationToken": token} if token else {})
        page = client.decoded(f"/api/user/stacks?{urlencode(fields)}", _Page)
        yield page.stacks or []
        token = page.continuation_token or None
        if token in seen:
            raise OSError(0, f"{client.host} repeats a page of its list")
        seen.add(token or "")


def _details(client: Client, stack: StackName) -> _Details | OSError | None:
    """The version and the tags of a stack; None if it is gone."""
    try:
        details: _Details = client.decoded(_path(str(stack)), _Details)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error
    return details


def _path(stack: str) -> str:
    parts = stack.split("/")
    if len(parts) != 3 or any(part in RELATIVE or not NAME.fullmatch(part) for part in parts):
        raise OSError(0, "it has no name that a stack can have")
    return "/api/stacks/" + "/".join(quote(part, safe="") for part in parts)


@dataclass(frozen=True)
class Client:
    """Asks one host, in the name of a token that no error, log or representation shows."""

    base: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Client({self.base!r})"

    @property
    def host(self) -> str:
        """For messages."""
        return f"`{urlsplit(self.base).netloc}`"

    def decoded(self, path: str, kind: type[Any]) -> Any:
        """An answer as a value.

        Raises:
            OSError: there is none, or it does not fit.
        """
        with self.read(path, LONGEST_PAGE) as stream:
            try:
                return msgspec.json.decode(stream.read(), type=kind)
            except NO_JSON:
                raise OSError(0, f"the answer of {self.host} is malformed") from None

    def read(self, path: str, most: int) -> IO[bytes]:
        """An answer, read whole; it is asked for again if it is cut off.

        Raises:
            OSError: there is none.
        """
        from urllib3.exceptions import HTTPError, MaxRetryError

        retries = self._retries
        kept = cast("IO[bytes]", tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 (the caller closes it)
        try:
            while True:
                try:
                    self._received(path, kept, most)
                except MaxRetryError:
                    raise
                except HTTPError as error:  # in the middle of the answer
                    retries = retries.increment("GET", path, error=error)
                    retries.sleep()
                    kept.seek(0)
                    kept.truncate()
                else:
                    kept.seek(0)
                    return kept
        except HTTPError as error:
            kept.close()
            raise OSError(0, f"{self.host} does not answer ({type(error).__name__})") from None
        except BaseException:
            kept.close()
            raise

    def _received(self, path: str, target: IO[bytes], most: int) -> None:
        response = self._pool.request(
            "GET",
            self.base + path,
            headers=self.headers,
            preload_content=False,
            redirect=False,  # the token is for this host
            retries=self._retries,
        )
        try:
            self._check(response)
            for block in response.stream(BLOCK, decode_content=True):
                target.write(block)
                if target.tell() > most:
                    return
        finally:
            response.close()

    def _check(self, response: BaseHTTPResponse) -> None:
        status = response.status
        if status == 200:
            return
        if status == 401:
            raise PermissionError(0, f"{self.host} refuses the token in `{TOKEN}`: it is wrong, expired or revoked")
        if status == 403:
            raise PermissionError(0, f"{self.host} does not let the token in `{TOKEN}` read it")
        if status == 404:
            raise FileNotFoundError(0, f"{self.host} does not have it, or the token in `{TOKEN}` may not read it")
        if 300 <= status < 400:
            raise OSError(0, f"{self.host} redirects, which is not followed; set `{BACKEND}` to the address of its API")
        raise OSError(0, f"{self.host} answers with the status {status}")

    @cached_property
    def _pool(self) -> PoolManager:
        import urllib3

        parts = urlsplit(self.base)
        limits: dict[str, Any] = {"timeout": urllib3.Timeout(connect=CONNECTING, read=READING), "maxsize": AT_ONCE}
        proxy = getproxies().get(parts.scheme)
        if proxy and parts.scheme == "https" and not proxy_bypass(parts.hostname or ""):
            return urllib3.ProxyManager(proxy, **limits)  # it sees no header of HTTPS
        return urllib3.PoolManager(**limits)

    @property
    def _retries(self) -> Retry:
        import urllib3

        return urllib3.Retry(
            ATTEMPTS,
            status_forcelist=AGAIN,
            backoff_factor=PAUSE,
            backoff_jitter=PAUSE,
            backoff_max=LONGEST_PAUSE,
            retry_after_max=LONGEST_PAUSE,
            raise_on_status=False,
        )


def _configured() -> Client:
    """The client of the environment.

    Raises:
        CannotJudge: the token or the address is malformed or missing.
    """
    return _client(os.environ.get(BACKEND) or DEFAULT, os.environ.get(TOKEN, ""))


@lru_cache(maxsize=1)
def _client(url: str, token: str) -> Client:
    if not token:
        raise CannotJudge(
            f"a source of Pulumi Cloud needs a token in `{TOKEN}`; `pulumi login` shows where to create one"
        )
    if not re.fullmatch(r"[!-~]+", token):
        raise CannotJudge(
            f"the token in `{TOKEN}` has a character that no token has; set it again, without quotes and line breaks"
        )
    try:
        parts = urlsplit(url)
        port = parts.port  # raises an error if it is none
    except ValueError:
        raise CannotJudge(f"`{BACKEND}` is no address; give one such as `{DEFAULT}`") from None
    plain = parts.scheme == "http" and _is_loopback(parts.hostname or "")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise CannotJudge(f"`{BACKEND}` has more than an address; give one such as `{DEFAULT}`")
    if not parts.hostname or port == 0 or not (parts.scheme == "https" or plain):
        raise CannotJudge(f"`{BACKEND}` is not the `https://` address of Pulumi Cloud's API, as `{DEFAULT}` is")
    headers = {
        "Accept": ACCEPT,
        "Accept-Encoding": "gzip",
        "Authorization": f"token {token}",
        "User-Agent": "stackguard",
    }
    return Client(url.rstrip("/"), headers)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
