"""Questions that come while one is being answered are asked together."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from django.db import OperationalError

from backend.shared.together import Together


class Oracle:
    """Says of each number its square, of none above nine; what it was asked stays in `asked`."""

    def __init__(self) -> None:
        self.asked: list[Sequence[int]] = []
        self.together = Together(self.answer, at_most=4)

    async def answer(self, numbers: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(numbers)
        await asyncio.sleep(0.01)
        if -1 in numbers:
            raise OSError
        return {number: number**2 for number in numbers if number < 10}


def test_gathers_those_that_come_meanwhile() -> None:
    async def story() -> tuple[list[int | None], list[Sequence[int]]]:
        oracle = Oracle()
        first = oracle.together.get(1)
        await asyncio.sleep(0)
        answers = await asyncio.gather(first, *(oracle.together.get(number) for number in (2, 3, 3, 4, 5, 50)))
        answers.append(await oracle.together.get(6))
        return answers, oracle.asked

    answers, asked = asyncio.run(story())

    assert answers == [1, 4, 9, 9, 16, 25, None, 36]
    assert asked == [[1], [2, 3, 3, 4], [5, 50], [6]]


def test_what_fails_fails_for_those_that_were_asked_together() -> None:
    async def story() -> tuple[list[object], int | None]:
        oracle = Oracle()
        failed = await asyncio.gather(oracle.together.get(-1), oracle.together.get(2), return_exceptions=True)
        return list(failed), await oracle.together.get(3)

    failed, after = asyncio.run(story())

    assert [type(one) for one in failed] == [OSError, OSError]
    assert after == 9


def test_what_takes_long_holds_up_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.shared.together.SLOW_S", 0.01)

    async def story() -> list[int]:
        release, order = asyncio.Event(), list[int]()

        async def answer(numbers: Sequence[int]) -> Mapping[int, int]:
            if 1 in numbers:
                await release.wait()
            order.extend(numbers)
            return {}

        together = Together(answer, at_most=4)
        slow = together.get(1)
        await asyncio.sleep(0)
        await asyncio.gather(together.get(2), together.get(3))
        await together.get(4)
        release.set()
        await slow
        await together.get(5)
        return order

    assert asyncio.run(story()) == [2, 3, 4, 1, 5]


def test_an_outage_is_told_to_all_at_once() -> None:
    async def story() -> tuple[list[object], int]:
        asked = 0

        async def fail(numbers: Sequence[int]) -> Mapping[int, int]:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0.01)
            raise OperationalError

        together = Together(fail, at_most=2)
        answers = [together.get(1)]
        await asyncio.sleep(0)
        answers += [together.get(number) for number in range(2, 9)]
        return list(await asyncio.gather(*answers, return_exceptions=True)), asked

    answers, asked = asyncio.run(story())

    assert {type(answer) for answer in answers} == {OperationalError}
    assert asked == 1


@pytest.mark.parametrize("waits", [0, 0.005])
def test_who_has_gone_takes_nobody_along(waits: float) -> None:
    async def story() -> int | None:
        oracle = Oracle()
        gone, other = oracle.together.get(2), oracle.together.get(3)
        await asyncio.sleep(waits)
        gone.cancel()
        return await other

    assert asyncio.run(story()) == 9
