"""The chat of the match, over both sockets, through a cut line."""

import uuid

from tools.tour.cast import Cast
from tools.tour.checks import expect
from tools.tour.link import Frame
from tools.tour.phone import Json, Phone


async def chat(cast: Cast, match: Json) -> None:
    """Both write, one twice by mistake, one through a lift."""
    conversation = match["conversation"]
    cast.screen.step("They chat over their sockets", "คุยกันผ่านซ็อกเก็ต")
    await _say(cast.somchai, cast.malee, conversation, "Hello! I can come this afternoon.")
    last = await _say(cast.malee, cast.somchai, conversation, "ได้เลยค่ะ ของอยู่หน้าบ้าน")
    await _send_twice(cast, conversation)
    await _read(cast, conversation, last["seq"])
    await _lose_the_line(cast, conversation)
    history = await cast.malee.ask("GET", f"/conversations/{conversation}/messages")
    numbers = [message["seq"] for message in history["results"]]
    expect("numbers of the messages, newest first", numbers, list(range(len(numbers), 0, -1)))


async def _say(sender: Phone, reader: Phone, conversation: str, text: str, client_id: str = "") -> Json:
    client_id = client_id or str(uuid.uuid4())
    answer = await sender.send_frame(_frame(conversation, text, client_id))
    sender.say(f"“{text}” ✓ message {answer['message']['seq']}")
    if reader.link:
        seen = await reader.sees("message.sent", conversation=conversation)
        expect(f"{reader.label}: text", seen["data"]["message"]["text"], text)
    # The sender's other devices are told too, so his own socket is.
    await sender.hears("message.sent", conversation=conversation)
    return answer["message"]


def _frame(conversation: str, text: str, client_id: str) -> Frame:
    return {"type": "message.send", "conversation": conversation, "client_id": client_id, "kind": "text", "text": text}


async def _send_twice(cast: Cast, conversation: str) -> None:
    """The answer got lost, so the app sends again: one message all the same."""
    client_id, text = str(uuid.uuid4()), "See you at the green gate."
    first = await _say(cast.somchai, cast.malee, conversation, text, client_id)
    again = await cast.somchai.send_frame(_frame(conversation, text, client_id))
    expect("a message sent again", again["message"]["id"], first["id"])
    history = await cast.malee.ask("GET", f"/conversations/{conversation}/messages")
    copies = [message["id"] for message in history["results"] if message["client_id"] == client_id]
    expect("copies of a message sent twice", len(copies), 1)
    cast.somchai.say("the answer was lost, so the app sends again: still one message")


async def _read(cast: Cast, conversation: str, seq: int) -> None:
    await cast.somchai.send_frame_unanswered({"type": "read", "conversation": conversation, "seq": seq})
    seen = await cast.malee.sees("message.read", conversation=conversation, user=cast.somchai.user_id)
    expect("how far Somchai has read", seen["data"]["seq"], seq)
    cast.malee.say("✓✓ Somchai has read it")


async def _lose_the_line(cast: Cast, conversation: str) -> None:
    cast.screen.step("Malee enters a lift; nothing is lost", "มาลีเข้าลิฟต์ ข้อความไม่หาย")
    await cast.malee.lose_socket()
    cast.malee.say(f"the line is cut; the last event she saw is {cast.malee.last_seq}")
    await _say(cast.somchai, cast.malee, conversation, "I bring a scale.")
    await cast.malee.open_socket()
    cast.malee.say(f"back again: resume since {cast.malee.last_seq}")
    seen = await cast.malee.sees("message.sent", conversation=conversation)
    expect("the message that came meanwhile", seen["data"]["message"]["text"], "I bring a scale.")
