"""One resident's things in every state, and everybody who may want to look at them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.contrib.gis.geos import Point
from PIL import Image

from backend.accounts.models import Session, User
from backend.accounts.services.safety import block_person
from backend.core.clock import read_clock
from chat.models import Message
from chat.services.photos import send_photo
from geo.groups.services import found_group, join_group
from geo.handover.services.scale_photos import add_scale_photo
from geo.matching.services.matches import release_match
from geo.models import Match, Pickup
from geo.pickups.services.photos import add_photo
from notifications.models import EmailAddress
from tests.factories.chat import make_message
from tests.factories.geo import make_collector, make_pickup
from tests.factories.matches import make_like, make_match, make_receipt, weigh
from tests.factories.moderation import decide, make_case
from tests.factories.notifications import make_device
from tests.factories.people import client_of, make_session, make_user
from tests.pictures import encoded

COLLECTORS = (
    "stranger", "liker", "runner_up", "matched", "former", "blocked_before", "blocked_during", "suspended",
    "leaving", "signed_out", "staff",
)  # fmt: skip
ROLES = ("anonymous", *COLLECTORS, "owner")
# The state of the pickup, and who was matched with the owner on it.
PARTNERS = {"open": None, "live": "matched", "done": "matched", "ended": "former", "cut": "blocked_during"}
SCENES = tuple(PARTNERS)
SMALL = encoded(Image.new("RGB", (8, 8), "green"))


@dataclass
class World:
    """`ids` holds path parameters by scene; `secrets` private text by its kind and the scene or person it is of."""

    people: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)

    def keep(self, kind: str, where: str) -> str:
        """A text that is found nowhere else."""
        return self.secrets.setdefault((kind, where), f"{kind} {where} {uuid.uuid4().hex[:8]}")


def build_world() -> World:
    """Everything through the services, as it happens."""
    world = World()
    for role in ("owner", *COLLECTORS):
        _add_person(world, role)
    owner = world.people["owner"]
    block_person(blocker=owner, blocked=world.people["blocked_before"], now=read_clock())
    for scene in SCENES:
        _add_scene(world, scene)
    _add_group_and_devices(world)
    Session.objects.filter(user=world.people["signed_out"]).delete()
    decide(make_case(world.people["suspended"]), "suspend", days=3)
    User.objects.filter(pk=world.people["leaving"].pk).update(is_active=False, erasing_at=read_clock())
    return world


def _add_person(world: World, role: str) -> None:
    """A person with a surname and a number of their own; everybody is a collector too."""
    surname = f"Xu{uuid.uuid4().hex[:8]}"
    user = make_user(display_name=f"Somchai {surname}", is_staff=role == "staff", is_superuser=role == "staff")
    make_collector(user=user, service_point=_place(len(world.people) + 20))
    world.people[role] = user
    world.tokens[role] = make_session(user)[1]
    world.secrets["surname", role] = surname
    world.secrets["phone", role] = str(user.phone).removeprefix("+66")
    address = f"{uuid.uuid4().hex[:8]}@example.org"
    EmailAddress.objects.create(user_id=user.pk, address=address, verified_at=read_clock(), code_sent_at=read_clock())
    world.secrets["email", role] = address
    world.secrets["service point", role] = _spelled(_place(len(world.people) + 19))


def _place(number: int) -> Point:
    """Another point in Lumphini for each number, with digits that no rounded place has."""
    return Point(100.5418 + number * 0.0001117, 13.7307 + number * 0.0001113, srid=4326)


def _spelled(point: Point) -> str:
    return f"{point.y:.6f}"[:8]


def _add_scene(world: World, scene: str) -> None:
    owner, partner = world.people["owner"], PARTNERS[scene]
    location = _place(SCENES.index(scene) + 1)
    world.secrets["point", scene] = _spelled(location)
    pickup = make_pickup(
        resident=owner,
        location=location,
        address=world.keep("address", scene),
        access_note=world.keep("access note", scene),
        note=world.keep("note", scene),
        title=f"Bottles {scene}",
        choose=Pickup.Choose.RESIDENT if partner is None else Pickup.Choose.FIRST,
    )
    photo = add_photo(resident_id=owner.pk, pickup_id=pickup.pk, file=BytesIO(SMALL), size=len(SMALL), now=read_clock())
    world.ids[scene] = {"pickup_id": pickup.pk, "photo_id": photo.pk, "user_id": owner.pk}
    if partner is None:
        world.ids[scene]["like_id"] = make_like(pickup, world.people["liker"]).pk
    else:
        _add_match(world, scene, make_match(pickup, world.people[partner]))


def _add_match(world: World, scene: str, match: Match) -> None:
    ids, owner = world.ids[scene], world.people["owner"]
    world.secrets["code", scene] = f'"{match.handover.code}"'
    ids |= {"match_id": match.pk, "conversation_id": match.conversation_id}
    ids["message_id"] = make_message(match.conversation, owner, world.keep("message", scene)).pk
    here = _place(SCENES.index(scene) + 10)
    world.secrets["shared point", scene] = _spelled(here)
    shared = {"lat": here.y, "lon": here.x, "accuracy_m": 5, "minutes": 30, "consent": True}
    ids["location_id"] = make_message(match.conversation, owner, kind="location", text="", location=shared).pk
    ids["picture_id"] = _send_photo(match).pk
    weigh(match)
    ids["scale_photo_id"] = add_scale_photo(
        user_id=owner.pk, match_id=match.pk, file=BytesIO(SMALL), size=len(SMALL), now=read_clock()
    ).pk
    _end(world, scene, match)


def _send_photo(match: Match) -> Message:
    return send_photo(
        user_id=match.pickup.resident_id, conversation_id=match.conversation_id, client_id=uuid.uuid4(),
        file=BytesIO(SMALL), size=len(SMALL), now=read_clock(),
    )[0]  # fmt: skip


def _end(world: World, scene: str, match: Match) -> None:
    """What the scene's name says."""
    if scene == "live":
        world.ids[scene]["like_id"] = make_like(match.pickup, world.people["runner_up"]).pk
    elif scene == "done":
        world.ids[scene]["receipt_id"] = make_receipt(match).pk
    elif scene == "ended":
        release_match(user_id=match.collector_id, match_id=match.pk, reason="cannot_come", now=read_clock())
    else:
        block_person(blocker=match.pickup.resident, blocked=match.collector, now=read_clock())


def _add_group_and_devices(world: World) -> None:
    owner, now = world.people["owner"], read_clock() - timedelta(hours=1)
    group = found_group(user_id=owner.pk, name="Baan Suan", kind="building", now=now)
    join_group(user_id=world.people["matched"].pk, code=str(group.code), now=now)
    world.secrets["group code", "group"] = str(group.code)
    session, world.tokens["owner"] = make_session(owner)
    report = {"user": str(world.people["former"].pk), "reason": "rude", "text": world.keep("report", "owner")}
    assert client_of(owner).post("/api/v1/reports", report).status_code == 201
    world.ids["self"] = {
        "group_id": group.pk,
        "session_id": session.public_id,
        "device_id": make_device(owner).pk,
        "user_id": owner.pk,
        "seq": 1,
        "kind": "phone",
    }


def objects_of(world: World, names: frozenset[str]) -> Mapping[str, dict[str, Any]]:
    """The path parameters of these names, per scene that has all of them."""
    scenes = {scene: ids for scene, ids in world.ids.items() if names <= ids.keys()}
    return {scene: {name: ids[name] for name in names} for scene, ids in scenes.items()}
