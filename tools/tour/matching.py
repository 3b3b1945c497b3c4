"""The middle of the tour: decks, likes, matches, the chat, and the pushes to closed apps."""

import json
import uuid
from typing import Any

from tools.tour.people import Place, Tour
from tools.tour.phone import Frame, Json, Phone
from tools.tour.posting import ACCESS_NOTE, ADDRESS, pickup_of
from tools.tour.screen import expect, expect_that

LIKE = {"direction": "like"}


async def match_from_deck(tour: Tour, pickup: Json) -> Json:
    """Let Somchai like Malee's pickup first and Anan second; return the match as Somchai gets it."""
    await _find_in_deck(tour, pickup)
    tour.screen.step("Somchai likes it: a match at once", "สมชายกดถูกใจ จับคู่ทันที")
    swipe = await tour.somchai.call("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    match_id = swipe["match"]["id"]
    for phone in (tour.malee, tour.somchai):
        await phone.show_event("match.made", match=match_id)
    again = await tour.somchai.call("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    expect("match of the same like, sent again", again["match"]["id"], match_id)
    match = await tour.somchai.call("GET", f"/matches/{match_id}")
    expect("exact place, for the matched collector", match["location"], tour.home.as_json())
    tour.somchai.print(f"now sees the address: {match['address']} ({match['access_note']})")
    await _come_second(tour, pickup)
    return match


async def _find_in_deck(tour: Tour, pickup: Json) -> None:
    tour.screen.step("The card is in the decks of both collectors", "การ์ดอยู่ในสำรับของผู้รับซื้อทั้งสอง")
    for phone in (tour.somchai, tour.anan):
        deck = await phone.call("GET", "/deck?limit=50")
        card = next((card for card in deck["cards"] if card["id"] == pickup["id"]), None)
        expect_that(
            f"{phone.label}: deck", card is not None, expected="Malee's card", actual=f"{len(deck['cards'])} others"
        )
        _require_no_exact_place(tour, card or {})
        phone.print(_described(card or {}))


def _described(card: dict[str, Any]) -> str:
    whose = card["resident"]["first_name"]
    return f"“{card['title']}” from {whose}, about {card['distance_m']} m away, {card['kg_estimate']} kg"


def _require_no_exact_place(tour: Tour, card: dict[str, Any]) -> None:
    """Check that a card shows the grid cell and never the home."""
    text = json.dumps(card, ensure_ascii=False)
    for private in (str(tour.home.lat), str(tour.home.lon), ADDRESS, ACCESS_NOTE, tour.malee.user_id, "Jaidee"):
        expect_that("a card", private not in text, expected=f"without {private}", actual=text)
    expect("distance on a card, rounded to", card["distance_m"] % 100, 0)
    off_m = Place(**card["cell"]).distance_m(tour.home)
    expect_that(
        "cell on a card", 0 < off_m < 230, expected="the square's centre", actual=f"{off_m:.0f} m from the home"
    )


async def _come_second(tour: Tour, pickup: Json) -> None:
    tour.screen.step("Anan comes second and waits in the queue", "อนันต์มาเป็นคนที่สอง รอคิว")
    swipe = await tour.anan.call("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    expect("Anan's match", swipe["match"], None)
    expect("Anan's place in the queue", swipe["queue_position"], 1)
    tour.anan.print(f"another collector was faster; number {swipe['queue_position']} in the queue")


async def chat(tour: Tour, match: Json) -> None:
    """Both write; one message is sent twice, one while the reader is offline."""
    conversation = match["conversation"]
    tour.screen.step("They chat over their sockets", "คุยกันผ่านซ็อกเก็ต")
    await _send_message(tour.somchai, tour.malee, conversation, "Hello! I can come this afternoon.")
    await _send_message(tour.malee, tour.somchai, conversation, "ได้เลยค่ะ ของอยู่หน้าบ้าน")
    await _send_twice(tour, conversation)
    await _read(tour, conversation)
    await _lose_the_network(tour, conversation)
    history = await tour.malee.call("GET", f"/conversations/{conversation}/messages")
    numbers = [message["seq"] for message in history["results"]]
    expect("numbers of the messages, newest first", numbers, list(range(len(numbers), 0, -1)))


async def _send_message(sender: Phone, reader: Phone, conversation: str, text: str, client_id: str = "") -> Json:
    client_id = client_id or str(uuid.uuid4())
    answer = await sender.send_frame(_frame(conversation, text, client_id))
    sender.print(f"“{text}” ✓ message {answer['message']['seq']}")
    if reader.socket:
        seen = await reader.show_event("message.sent", conversation=conversation)
        expect(f"{reader.label}: text", seen["data"]["message"]["text"], text)
    # All devices of the sender get the event, this one too.
    await sender.wait_for_event("message.sent", conversation=conversation)
    return answer["message"]


def _frame(conversation: str, text: str, client_id: str) -> Frame:
    return {"type": "message.send", "conversation": conversation, "client_id": client_id, "kind": "text", "text": text}


async def _send_twice(tour: Tour, conversation: str) -> None:
    """Send a message again, as an app does when the response is lost; it is stored once."""
    client_id, text = str(uuid.uuid4()), "See you at the green gate."
    first = await _send_message(tour.somchai, tour.malee, conversation, text, client_id)
    again = await tour.somchai.send_frame(_frame(conversation, text, client_id))
    expect("a message sent again", again["message"]["id"], first["id"])
    history = await tour.malee.call("GET", f"/conversations/{conversation}/messages")
    copies = [message["id"] for message in history["results"] if message["client_id"] == client_id]
    expect("copies of a message sent twice", len(copies), 1)
    tour.somchai.print("the response was lost and the app sends again: one message")


async def _read(tour: Tour, conversation: str) -> None:
    """An answer marks what was before it as read; what comes after the answer is read by itself."""
    answered = await tour.malee.show_event("message.read", conversation=conversation, user=tour.somchai.user_id)
    tour.malee.print(f"✓✓ Somchai has read up to message {answered['data']['seq']}: an answer counts as reading")
    seq = answered["data"]["seq"]
    await tour.malee.send_frame_without_answer({"type": "read", "conversation": conversation, "seq": seq})
    seen = await tour.somchai.show_event("message.read", conversation=conversation, user=tour.malee.user_id, seq=seq)
    expect("message up to which Malee has read", seen["data"]["seq"], seq)
    tour.somchai.print("✓✓ read by Malee")


async def _lose_the_network(tour: Tour, conversation: str) -> None:
    tour.screen.step("Malee loses the network; no message is lost", "มาลีเข้าลิฟต์ ข้อความไม่หาย")
    await tour.malee.lose_socket()
    tour.malee.print(f"the network is lost; the last event received is {tour.malee.last_seq}")
    await _send_message(tour.somchai, tour.malee, conversation, "I bring a scale.")
    await tour.malee.open_socket()
    tour.malee.print(f"online again: resume since {tour.malee.last_seq}")
    seen = await tour.malee.show_event("message.sent", conversation=conversation)
    expect("message sent meanwhile", seen["data"]["message"]["text"], "I bring a scale.")


async def let_resident_choose(tour: Tour) -> None:
    """Let two collectors like a pickup while Malee's app is closed; the one accepted first releases the match."""
    tour.screen.step("Malee posts again and will choose the collector", "มาลีประกาศอีกครั้ง คราวนี้เลือกเอง")
    await tour.malee.lose_socket()
    pickup = await _post(tour, title="กระดาษสำนักงาน", choose="resident")
    tour.malee.print("closes the app")
    for place, phone in enumerate((tour.somchai, tour.anan), start=1):
        swipe = await phone.call("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
        expect(f"{phone.label}: place in the queue", (swipe["match"], swipe["queue_position"]), (None, place))
        phone.print(f"likes it; number {place} in the queue")
    tour.screen.step("Malee reads the likes and accepts one", "มาลีดูว่าใครสนใจ แล้วเลือก")
    await tour.wait_for_pushes(tour.malee, 1)
    await tour.malee.open_socket()
    match = await _accept(tour, pickup, ["Somchai", "Anan"])
    await tour.somchai.show_event("match.made", pickup=pickup["id"])
    await _release(tour, match)
    await _accept(tour, pickup, ["Anan"])
    await tour.anan.poll_event("match.made", pickup=pickup["id"])


async def promote_runner_up(tour: Tour) -> None:
    """On a first-come pickup the next collector in the queue gets the match automatically."""
    tour.screen.step("First come, first served: Somchai is faster again", "ใครมาก่อนได้ก่อน สมชายไวกว่าอีกแล้ว")
    pickup = await _post(tour, title="กล่องพัสดุ", choose="first")
    swipe = await tour.somchai.call("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    match = await tour.somchai.call("GET", f"/matches/{swipe['match']['id']}")
    await tour.malee.show_event("match.made", match=match["id"])
    waiting = await tour.anan.call("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    expect("Anan's place in the queue", waiting["queue_position"], 1)
    tour.anan.print("number 1 in the queue")
    await _release(tour, match)
    seen = await tour.malee.show_event("match.made", pickup=pickup["id"])
    promoted = await tour.anan.call("GET", f"/matches/{seen['data']['match']}")
    expect("exact place, for the promoted runner-up", promoted["location"], tour.home.as_json())
    tour.anan.print(f"promoted automatically: {promoted['address']}")


async def _post(tour: Tour, *, title: str, choose: str) -> Json:
    draft = pickup_of(tour.home, title=title, choose=choose)
    pickup = await tour.malee.call("POST", "/pickups", draft, status=201)
    tour.malee.print(f"posts “{pickup['title']}”")
    return pickup


async def _accept(tour: Tour, pickup: Json, expected: list[str]) -> Json:
    likes = (await tour.malee.call("GET", f"/pickups/{pickup['id']}/likes"))["results"]
    names = [like["collector"]["first_name"] for like in likes]
    expect("collectors who like it, in order", names, expected)
    tour.malee.print(f"likes of {' and '.join(names)}; accepts {names[0]}")
    match = await tour.malee.call("POST", f"/pickups/{pickup['id']}/likes/{likes[0]['id']}/accept")
    await tour.malee.show_event("match.made", pickup=pickup["id"])
    return match


async def _release(tour: Tour, match: Json) -> None:
    tour.screen.step("Somchai cannot come", "สมชายมาไม่ได้")
    released = await tour.somchai.call("POST", f"/matches/{match['id']}/release", {"reason": "cannot_come"})
    expect("Somchai's match", released["status"], "released")
    expect("address on Somchai's phone after the release", released["address"], None)
    await tour.malee.show_event("match.released", match=match["id"], reason="cannot_come")


async def show_pushes(tour: Tour) -> None:
    """Print the pushes: closed apps got them, the open app got none."""
    tour.screen.step("Pushes to the phones with a closed app", "การแจ้งเตือนถึงคนที่ไม่ได้เปิดแอป")
    if not tour.push_source:
        tour.screen.note("The pushes of this server cannot be read here. Look at its worker's output or at Firebase.")
        return
    # Anan gets the end of the first pickup and the two matches.
    await tour.wait_for_pushes(tour.anan, 3)
    for phone in (tour.malee, tour.anan):
        for push in await tour.pushes_to(phone):
            text = " · ".join(push)
            private = [ADDRESS, ACCESS_NOTE, str(tour.home.lat), str(tour.home.lon)]
            expect("exact places in a push", [part for part in private if part in text], [])
            phone.print(f"🔔 {text}")
    expect("pushes to Somchai, whose app was always open", await tour.pushes_to(tour.somchai), [])
    tour.somchai.print("none: the app was always open")
