"""`python -m tests.core.mutate_pictures COUNT`: decode so many broken files of each format; prints the worst as JSON.

In a process of its own, so that its memory can be measured.
"""

import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from random import Random

import django

MEGABYTE = 1024  # of `ru_maxrss`, in kilobytes


def flip(random: Random, content: bytearray) -> None:
    for _ in range(random.choice([1, 3, 30])):
        content[random.randrange(len(content))] = random.randrange(256)


def flip_in_header(random: Random, content: bytearray) -> None:
    for _ in range(random.choice([1, 2, 4])):
        content[random.randrange(min(64, len(content)))] = random.choice(
            [0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)]
        )


def cut(random: Random, content: bytearray) -> None:
    del content[random.randrange(len(content)) :]


def remove(random: Random, content: bytearray) -> None:
    start = random.randrange(len(content))
    del content[start : start + random.randrange(1, 200)]


def repeat(random: Random, content: bytearray) -> None:
    start = random.randrange(len(content))
    content[start:start] = content[start : start + random.randrange(1, 400)] * random.choice([1, 2, 50])


def insert(random: Random, content: bytearray) -> None:
    start = random.randrange(len(content))
    content[start:start] = random.randbytes(random.randrange(1, 200))


MUTATIONS: list[Callable[[Random, bytearray], None]] = [flip, flip_in_header, cut, remove, repeat, insert]


def mutate(random: Random, content: bytes) -> bytes:
    """The file after one to three mutations."""
    changed = bytearray(content)
    for mutation in random.choices(MUTATIONS, k=random.randint(1, 3)):
        if changed:
            mutation(random, changed)
    return bytes(changed)


def main(count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    django.setup()
    from backend.core.errors import DomainError
    from backend.core.media.pictures import redraw
    from tests.pictures import HEIC, encoded, from_a_phone, two_colours

    photos = {
        "jpeg": from_a_phone(),
        "png": encoded(two_colours(mode="RGBA"), "PNG"),
        "webp": encoded(two_colours(mode="RGBA"), "WEBP"),
        "heic": HEIC,
    }
    for content in photos.values():
        redraw(BytesIO(content))
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes, slowest_s = Counter[str](), 0.0
    for kind, content in photos.items():
        random = Random(kind)
        for _ in range(count):
            began = time.process_time()
            try:
                redraw(BytesIO(mutate(random, content)))
                outcomes["decoded"] += 1
            except DomainError as error:
                outcomes[error.code] += 1
            slowest_s = max(slowest_s, time.process_time() - began)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / MEGABYTE
    print(json.dumps({"outcomes": outcomes, "slowest_s": slowest_s, "grown_mb": grown}))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
