"""The main journey over HTTP, from a posted pickup to the city's total, with two or three users."""

import uuid
from typing import Any

from tests.geo.bodies import in_hours, pickup_body, spelled
from tests.journeys.clients import Client


def deck_of(phone: Client) -> list[dict[str, Any]]:
    """The cards of the deck."""
    cards: list[dict[str, Any]] = phone.get("deck")["cards"]
    return cards


def test_from_post_to_impact(nok: Client, lek: Client) -> None:
    pickup = nok.post("pickups", **pickup_body())

    [card] = deck_of(lek)
    assert card["id"] == pickup["id"]
    assert "Rama" not in str(card)
    assert "13.7307" not in str(card)

    liked = lek.put(f"pickups/{pickup['id']}/swipe", direction="like")
    match = lek.get(f"matches/{liked['match']['id']}")
    assert match["address"] == "99/1 Rama IV Road"
    assert match["location"] == {"lat": 13.7307, "lon": 100.5418}
    assert deck_of(lek) == []

    chat = f"conversations/{match['conversation']}/messages"
    sent = lek.post(chat, client_id=str(uuid.uuid4()), kind="text", text="สวัสดีครับ พรุ่งนี้สะดวกไหม")
    nok.post(chat, client_id=str(uuid.uuid4()), kind="text", text="Yes, in the evening")
    assert [message["seq"] for message in nok.get(chat)["results"]] in ([1, 2], [2, 1])
    assert sent["sender"] == lek.id

    handover = f"matches/{match['id']}/handover"
    lek.post(f"{handover}/propose", at=spelled(in_hours(21)))
    agreed = nok.post(f"{handover}/agree")["handover"]
    assert agreed["agreed_for"] == agreed["proposed_for"]

    lines = [
        {"material": "pet_clear", "gross_kg": 2.35, "tare_kg": 0.1},
        {"material": "glass_bottles", "gross_kg": 4.0},
    ]
    weighed = lek.post(f"{handover}/weigh-in", lines=lines, paid=18.0)
    assert weighed["handover"]["code"] is None

    code = nok.get(f"matches/{match['id']}")["handover"]["code"]
    finished = lek.post(f"{handover}/confirm", code=code)
    receipt = nok.get(f"receipts/{finished['receipt']['id']}")
    assert finished["status"] == "completed"
    assert receipt["net_kg"] == 6.25
    assert receipt["paid"] == 18.0
    assert nok.get(f"pickups/{pickup['id']}")["status"] == "handed_over"

    for impact in (nok.get("impact/me"), lek.get("impact/me"), nok.get("impact/city")):
        assert impact["kg"] == 6.25
        assert all(row["factor_source"] for row in impact["materials"] if row["kg_co2e"] is not None)

    expected = ["match.made", "message.sent", "handover.proposed", "handover.agreed", "handover.weighed_in"]
    for phone in (nok, lek):
        events = phone.events()
        assert [events.index(name) for name in expected] == sorted(events.index(name) for name in expected)
        assert events[-1] == "receipt.issued"


def test_the_runner_up_takes_over(nok: Client, lek: Client, ploy: Client) -> None:
    pickup = nok.post("pickups", **pickup_body())
    first = lek.put(f"pickups/{pickup['id']}/swipe", direction="like")
    second = ploy.put(f"pickups/{pickup['id']}/swipe", direction="like")
    assert second == {"direction": "like", "match": None, "queue_position": 1}

    lek.post(f"matches/{first['match']['id']}/release", reason="cannot_come")

    [match] = ploy.get("matches", status="active")["results"]
    assert match["pickup"]["id"] == pickup["id"]
    assert match["address"] == "99/1 Rama IV Road"
    assert lek.get(f"matches/{first['match']['id']}")["address"] is None
    assert ploy.events() == ["match.made"]
    assert nok.events() == ["match.made", "match.released", "match.made"]


def test_the_resident_chooses(nok: Client, lek: Client, ploy: Client) -> None:
    pickup = nok.post("pickups", **pickup_body(choose="resident"))
    for collector in (lek, ploy):
        collector.put(f"pickups/{pickup['id']}/swipe", direction="like")

    likes = nok.get(f"pickups/{pickup['id']}/likes")["results"]
    assert [like["collector"]["first_name"] for like in likes] == ["Lek", "Ploy"]
    nok.post(f"pickups/{pickup['id']}/likes/{likes[0]['id']}/decline")
    match = nok.post(f"pickups/{pickup['id']}/likes/{likes[1]['id']}/accept")

    assert match["other"]["first_name"] == "Ploy"
    assert lek.events() == ["like.declined"]
    assert ploy.events() == ["match.made"]


def test_a_cancelled_pickup_notifies_everybody(nok: Client, lek: Client, ploy: Client) -> None:
    pickup = nok.post("pickups", **pickup_body())
    for collector in (lek, ploy):
        collector.put(f"pickups/{pickup['id']}/swipe", direction="like")

    nok.post(f"pickups/{pickup['id']}/cancel")

    assert lek.events() == ["match.made", "match.released"]
    assert ploy.events() == ["pickup.closed"]
