"""Detects what is held for review before others see it: words in `HELD_WORDS`, and known pictures."""

import unicodedata
from functools import lru_cache
from io import BytesIO
from itertools import pairwise

from django.conf import settings
from PIL import Image

from backend.core.text.characters import drop_invisible
from backend.moderation.models import KnownPicture

HASH_ROWS = 8


def has_held_word(*texts: str) -> bool:
    """Whether a word of `HELD_WORDS` is in one of the texts, however it is written: width, case, accents, spaces."""
    words = _folded_words(tuple(settings.HELD_WORDS))
    folded = [_fold(text) for text in texts]
    return any(word in text for word in words for text in folded)


@lru_cache(maxsize=4)
def _folded_words(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(None, map(_fold, words)))


def _fold(text: str) -> str:
    """Letters, marks and digits alone, as compatible forms in one case. Thai vowels and tones are marks and stay."""
    plain = unicodedata.normalize("NFKC", drop_invisible(text)).casefold()
    return "".join(sign for sign in plain if unicodedata.category(sign)[0] in "LMN")


def dhash_of(jpeg: bytes) -> str:
    """A perceptual hash of 64 bits as 16 hexadecimal digits: whether each pixel is brighter than its neighbour."""
    with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
        grey = image.convert("L").resize((HASH_ROWS + 1, HASH_ROWS), Image.Resampling.LANCZOS)
    pixels = grey.tobytes()
    bits = 0
    for row in range(HASH_ROWS):
        line = pixels[row * (HASH_ROWS + 1) : (row + 1) * (HASH_ROWS + 1)]
        for left, right in pairwise(line):
            bits = bits << 1 | (left > right)
    return f"{bits:016x}"


def is_known_picture(jpeg: bytes) -> bool:
    """Whether at most `KNOWN_PICTURE_BITS` bits differ from the hash of a known picture."""
    known = list(KnownPicture.objects.values_list("dhash", flat=True))
    if not known:
        return False
    bits = int(dhash_of(jpeg), 16)
    return any((bits ^ int(one, 16)).bit_count() <= settings.KNOWN_PICTURE_BITS for one in known)
