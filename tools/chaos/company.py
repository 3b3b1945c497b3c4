"""Who chats: pairs of people in the database, and the phones they hold."""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import httpx
from django.db import connection

from backend.accounts.models import Session, User
from chat.services.conversations import open_conversation
from notifications.models import Device
from tools.chaos.ledger import Ledger
from tools.chaos.phones import Addresses, Http, HttpPhone, Person, Phone, SocketPhone, Writer
from tools.chaos.screen import Screen
from tools.chaos.stock_phones import StockPhone

# What the two of a pair hold: a socket, HTTP alone, or nothing open at all but a phone that gets pushes.
PAIRS = [("socket", "socket")] * 10 + [("socket", "http")] * 7 + [("socket", "away")] * 4 + [("http", "away")] * 3
STOCK_PAIRS = [("stock", "stock")] * len(PAIRS)
MakePhone = Callable[[str, Person, Screen], Phone]


class Company:
    """All the phones and writers of one harness; `asleep` are the phones of those who are away, and write nothing."""

    def __init__(self, people: Sequence[tuple[str, Person]], ledger: Ledger, make_phone: MakePhone) -> None:
        self.screens: list[Screen] = []
        self.phones: list[Phone] = []
        self.writers: list[Writer] = []
        self.asleep: list[Phone] = []
        for hold, person in people:
            phone = make_phone(hold, person, Screen(person.id, ledger))
            if hold == "away":
                ledger.away.add(person.id)
                self.asleep.append(phone)
                continue
            self.phones.append(phone)
            self.screens.append(phone.screen)
            self.writers.append(Writer(person, phone, ledger))


def our_company(ledger: Ledger, client: httpx.AsyncClient, addresses: Addresses) -> Company:
    """People with sessions and conversations, on the phones of our own documents."""
    http = Http(client, addresses)

    def make_phone(hold: str, person: Person, screen: Screen) -> Phone:
        return HttpPhone(person, screen, http) if hold == "http" else SocketPhone(person, screen, http, addresses)

    people = [pair for holds in PAIRS for pair in zip(holds, _make_pair(holds), strict=True)]
    connection.close()
    return Company(people, ledger, make_phone)


def make_visitors() -> tuple[Person, Person]:
    """Two more people with a conversation."""
    one, other = _make_pair(("socket", "socket"))
    connection.close()
    return one, other


def _make_pair(holds: Sequence[str]) -> list[Person]:
    now = datetime.now(UTC)
    users = [User.objects.create(phone=f"+{uuid.uuid4().int % 10**14}", display_name="Somebody") for _ in holds]
    conversation = open_conversation(user_ids=[user.pk for user in users], title="Cardboard", now=now)
    people = []
    for hold, user, other in zip(holds, users, reversed(users), strict=True):
        _, token = Session.objects.issue(user=user, installation="phone", device_name="", now=now)
        if hold == "away":
            phone = {"platform": "android", "locale": "th", "created_at": now, "last_seen_at": now}
            Device.objects.create(user=user, value=str(user.pk), installation="phone", **phone)
        people.append(Person(str(user.pk), token, str(other.pk), str(conversation.pk)))
    return people


def stock_company(ledger: Ledger, addresses: Addresses) -> Company:
    """As many people, in rooms of the stock consumer."""

    def make_phone(hold: str, person: Person, screen: Screen) -> Phone:
        return StockPhone(person, screen, ledger, addresses.realtime)

    people = []
    for number in range(len(STOCK_PAIRS)):
        one, other = f"{number}a", f"{number}b"
        people += [Person(one, "", other, f"{number}"), Person(other, "", one, f"{number}")]
    return Company([("stock", person) for person in people], ledger, make_phone)
