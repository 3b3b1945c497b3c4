"""Where Redis is: one server, one that Sentinels watch over, or a cluster.

redis://host:6379/0     rediss:// with TLS     unix:///run/redis.sock?db=0
redis+sentinel://host:26379,host:26379/mymaster/0     rediss+sentinel://     ?sentinel_password= if they need one
redis+cluster://host:6379,host:6379     rediss+cluster://
?ssl_ca_certs=/path names the file of a private certificate authority
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"sentinel": 26379, "cluster": 6379}
SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
Hosts = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class RedisAddress:
    """A parsed REDIS_URL. `kind` is `one`, `sentinel` or `cluster`; `options` are arguments of the client."""

    url: str
    kind: str = "one"
    hosts: Hosts = ()
    master: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    sentinel_options: dict[str, Any] = field(default_factory=dict)


def parse_address(url: str) -> RedisAddress:
    """Parse a REDIS_URL of one of the forms above. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"it begins with {parts.scheme!r}, not with one of {', '.join(SCHEMES)}")
    scheme, _, kind = parts.scheme.partition("+")
    if not kind:
        return RedisAddress(url)
    credentials, _, places = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    tls: dict[str, Any] = {"ssl": True} if scheme == "rediss" else {}
    tls |= {name: value for name, value in given.items() if name == "ssl_ca_certs"}
    options = tls | {name: unquote(it) for name, it in (("username", username), ("password", password)) if it}
    hosts = tuple(_host_of(place, PORTS[kind]) for place in places.split(","))
    if kind == "cluster":
        return RedisAddress(url, kind, hosts, options=options)
    master, _, number = parts.path.strip("/").partition("/")
    if not master:
        raise ValueError("it does not name the master, as in redis+sentinel://host/mymaster/0")
    of_sentinel = tls | ({"password": given["sentinel_password"]} if "sentinel_password" in given else {})
    return RedisAddress(url, kind, hosts, master, options | {"db": int(number or 0)}, of_sentinel)


def _host_of(place: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{place}")
    if not parts.hostname:
        raise ValueError(f"{place!r} is no host")
    return parts.hostname, parts.port or port
