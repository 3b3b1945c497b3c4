"""Runs the peer in `tools/bench/stock` on the bench's own rows, under the server of the web process."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from tools.bench import servers
from tools.bench.load import request_bytes
from tools.bench.people import Person

SETTINGS = "tools.bench.stock.settings"
IS = "the same task in tools/bench/stock (ModelSerializer, Distance ordering, throttle, token), same rows and server"


@dataclass(frozen=True)
class Peer:
    """The running peer, and the token of each person by their user id."""

    server: servers.Server
    tokens: dict[UUID, str]

    def get(self, person: Person, path: str) -> bytes:
        """Return a GET request of this person."""
        return request_bytes("GET", path, self.tokens[person.user.pk], scheme="Token")


@contextmanager
def stock(people: Sequence[Person]) -> Iterator[Peer]:
    """Run the peer, with a token for each of these people."""
    command = [sys.executable, "-m", "django", "migrate", "authtoken", "--skip-checks", "--verbosity=0"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": SETTINGS}
    subprocess.run(command, cwd=servers.ROOT, env=environment, check=True, stdout=sys.stderr)
    tokens: dict[UUID, str] = {person.user.pk: secrets.token_hex(20) for person in people}
    with connection.cursor() as cursor:
        rows = [(token, user) for user, token in tokens.items()]
        cursor.executemany("INSERT INTO authtoken_token (key, user_id, created) VALUES (%s, %s, now())", rows)
        # The tutorials' PointField has an index; ours may have none on this column.
        cursor.execute("CREATE INDEX IF NOT EXISTS bench_location ON geo_pickup USING gist (location)")
        cursor.execute("ANALYZE geo_pickup")
    with servers.web_with("tools.bench.stock.wsgi:application") as server:
        yield Peer(server, tokens)
