"""What the characters of a text do on a screen: which are invisible, which turn text round, where it can be cut.

Python's `unicodedata` is older than the emoji that phones send. Nothing here depends on whether it knows a character.
"""

import re

import regex

# Bidirectional embeddings, overrides and isolates. They turn round the text after them, ours too.
_OVERRIDES = "\u202a-\u202e"
_ISOLATES = "\u2066-\u2069"
# Default_Ignorable_Code_Point of Unicode: characters without a glyph, among them those of future versions.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Characters whose glyph is empty, annotation marks, surrogates and noncharacters.
_BLANK = (
    "\u2800\ufff9-\ufffc\U00013430-\U00013442\U00016fe4\U0001d159\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
)  # fmt: skip
_CONTROL = "\x00-\x1f\x7f-\x9f"
_VISIBLE = re.compile(rf"[^\s{_CONTROL}{_IGNORABLE}{_BLANK}]")
_CONTROLS = re.compile(rf"(?![\n\t\r\0])[{_CONTROL}]")  # NUL is left for validators to refuse
_EDGES = re.compile(r"^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$")
_TURNING = re.compile(f"[{_OVERRIDES}]")
_DIRECTING = re.compile(f"[{_OVERRIDES}{_ISOLATES}]")
_INVISIBLE = re.compile(rf"(?!\0)[{_CONTROL}{_IGNORABLE}{_BLANK}]")
_CLUSTER = regex.compile(r"\X")
# Thai and Lao vowels that are written before the consonant they belong to.
_LEADING_VOWELS = "เแโใไເແໂໃໄ"
# Scripts written from right to left: Hebrew, Arabic, Syriac and their kind, and the planes reserved for more.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"


def has_visible(text: str) -> bool:
    """Whether anything of the text can be seen."""
    return _VISIBLE.search(text) is not None


def drop_invisible(text: str) -> str:
    """The text without characters that have no glyph. For codes and addresses, not for prose: emoji need some."""
    return _INVISIBLE.sub("", text)


def clean_line(text: str) -> str:
    """The text as one line: runs of space become one space; controls and bidirectional formatting are dropped."""
    return " ".join(clean_lines(text).split())


def clean_lines(text: str) -> str:
    """The same, with its line breaks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _CONTROLS.sub("", _DIRECTING.sub("", text))
    return _EDGES.sub("", text)


def isolate(text: str) -> str:
    """The text for a place inside a sentence: it cannot turn round the words beside it."""
    text = _DIRECTING.sub("", text)
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if _RIGHT_TO_LEFT.search(text) else text


def clip(text: str, length: int) -> str:
    """One line of at most `length` code points, with an ellipsis where it was cut."""
    line = " ".join(_CONTROLS.sub("", _TURNING.sub("", text)).split())
    return line if len(line) <= length else f"{cut(line, length - 1)}…"


def cut(text: str, length: int) -> str:
    """The beginning of the text, at most `length` code points, cut between two characters as people see them.

    These are Unicode's grapheme clusters: an emoji of several code points, a letter with its vowels and tone marks.
    """
    if len(text) <= length:
        return text
    end = 0
    for cluster in _CLUSTER.finditer(text):
        if cluster.end() > length:
            break
        end = cluster.end()
    return text[:end].rstrip(_LEADING_VOWELS + " ")
