"""The same clients against the stock consumer: they reconnect and insist, and de-duplicate by the server's number."""

import asyncio
import json
import random
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect

from tools.chaos.ledger import Ledger, Message
from tools.chaos.phones import AGAIN_S, ANSWER_S, LOST, Person
from tools.chaos.screen import Screen


class StockPhone:
    """What comes back from the room is its acknowledgment: the tutorials know no other."""

    def __init__(self, person: Person, screen: Screen, ledger: Ledger, realtime: str) -> None:
        self._person, self.screen, self._ledger = person, screen, ledger
        self._address = f"{realtime}{person.conversation}/"
        self._socket: ClientConnection | None = None
        self._answers: dict[str, asyncio.Future[bool]] = {}
        self._known: set[int] = set()

    async def run(self) -> None:
        """Open the socket, again and again, with jitter."""
        while True:
            with suppress(*LOST):
                async with connect(self._address, compression=None, proxy=None, open_timeout=ANSWER_S) as socket:
                    self._socket = socket
                    async for text in socket:
                        self._hear(**json.loads(text))
            self._socket = None
            await asyncio.sleep(random.uniform(*AGAIN_S))

    def _hear(self, client_id: str, number: int) -> None:
        self._ledger.deliver(self._person.id, client_id)
        if number not in self._known:
            self._known.add(number)
            self.screen.show(client_id, number)
        answer = self._answers.get(client_id)
        if answer is not None and not answer.done():
            answer.set_result(True)

    async def send(self, message: Message) -> bool:
        """Try once."""
        socket = self._socket
        if socket is None:
            return False
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answers[message.client_id] = answer
        try:
            async with asyncio.timeout(ANSWER_S):
                await socket.send(json.dumps({"client_id": message.client_id}))
                return await answer
        except LOST:
            # The socket may be open and lead nowhere: its group is forgotten when Redis forgets.
            socket.transport.abort()
            return False
        finally:
            del self._answers[message.client_id]
