"""The name by which strangers may call a person, found in the full name that the person has typed."""

import regex

# Titles, without dots and in lower case. A name never consists of one alone.
_TITLES = frozenset(
    # English, and Thai in Latin letters.
    "mr mrs ms miss mx dr prof professor sir madam rev capt col gen lt maj sgt mister doctor "  # noqa: SIM905 - words read better
    "uncle aunt auntie aunty khun nai naai nangsao phi nong pa lung na yai acharn ajarn ajahn kru "
    # Thai: titles, and how relatives are addressed.
    "คุณ นาย นาง นางสาว เด็กชาย เด็กหญิง ป้า ลุง น้า อา พี่ น้อง ตา ยาย ปู่ ย่า แม่ พ่อ เจ๊ เฮีย ครู อาจารย์ หมอ "
    "ดอกเตอร์ นายแพทย์ แพทย์หญิง ทันตแพทย์ ทันตแพทย์หญิง เภสัชกร เภสัชกรหญิง สัตวแพทย์ ศาสตราจารย์ รองศาสตราจารย์ "
    "ผู้ช่วยศาสตราจารย์ พระครู พระมหา พระอาจารย์ สามเณร แม่ชี คุณหญิง ท่านผู้หญิง หม่อมเจ้า ดาบตำรวจ "
    "ว่าที่ หม่อมหลวง หม่อมราชวงศ์ พระ หลวงพ่อ หลวงพี่ กำนัน ผู้ใหญ่ "
    # Thai abbreviations.
    "นส ดช ดญ ดร ผศ รศ ศ นพ พญ ทพ ทพญ ภก ภญ สพ อ มล มรว มจ รต รท รอ พต พท พอ พลต พลท พลอ จสต จสท จสอ "
    "สต สท สอ รตต รตท รตอ พตต พตท พตอ ดต สตต สตท สตอ พลตต พลตท พลตอ นต นท นอ จต จท จอ ว่าที่รต หญิง".split()
)
# These are also initials or nicknames: a title only before a first name and a surname.
_AMBIGUOUS = frozenset(["ศ", "อ", "ตา", "อา", "หญิง", "pa", "na", "yai", "phi", "nai", "nong", "gen"])
# Written without a space before a name. Others, such as "คุณ", also begin names.
_GLUED = ("นายแพทย์", "แพทย์หญิง", "นางสาว", "เด็กชาย", "เด็กหญิง", "นาย", "นาง")
# Ranks of army, navy, air force and police, such as `ว่าที่ร้อยตรี` and `พันตำรวจเอก`.
_RANK = regex.compile(r"(?:ว่าที่)?(?:(?:จ่า)?(?:ร้อย|พัน|พล|สิบ|นาวา|เรือ)(?:ตำรวจ|อากาศ)?|จ่า)(?:ตรี|โท|เอก)")
_SUFFIXES = frozenset(["jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "esq", "dds"])
# Characters between the words of a name. A joiner without a script that needs it only hides a space.
_NEEDS_JOINER = (
    r"\p{Arabic}\p{Syriac}\p{Mongolian}\p{Nko}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}"
    r"\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}\p{Inherited}"
)
_BETWEEN = regex.compile(
    r"(?:(?![\u200c\u200d])[\s\p{C}\p{Z}\u2800\u3164\u115f\u1160\uffa0/|·•_])+"
    rf"|(?<![{_NEEDS_JOINER}])[\u200c\u200d]+"
)
_AFTER_DOT = regex.compile(r"(?<=\p{L}\p{M}*\.)(?=\p{L}\p{M}*\p{L})")
_AROUND = regex.compile(r"^[^\p{L}]+|[^\p{L}\p{M}\p{N}.]+$")
_INITIALS = regex.compile(r"^(?:\p{L}\p{M}*\.)+\p{L}?\.?$|^\p{Latin}$")
_SURNAME_FIRST = regex.compile(r"^[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]+$")
_CHARACTER_OF_NAME = regex.compile(r"[\p{L}\p{N}]")


def has_letter_or_digit(name: str) -> bool:
    return _CHARACTER_OF_NAME.search(name) is not None


def first_name_in(full_name: str) -> str:
    """The first name: neither a title nor, where another word is there, the surname. Empty when there is none.

    `คุณ สมหญิง ใจดี` gives `สมหญิง`, `Mr. John Smith` gives `John`, and `🌸` nothing.
    """
    words = _words_of(full_name.partition("@")[0] or full_name)
    while words and _is_title(words):
        words = words[1:]
    words = [word if _INITIALS.match(word) else word.rstrip(",.") for word in _after_comma(words)]
    if not words:
        return ""
    if len(words) > 1 and all(_SURNAME_FIRST.match(word) for word in words):
        return words[-1]
    first_names = words[:-1] or words
    return next((word for word in first_names if not _INITIALS.match(word)), first_names[0])


def _words_of(full_name: str) -> list[str]:
    """The words that have letters, without the punctuation and emoji around them, and with titles as words."""
    words: list[str] = []
    for part in _BETWEEN.split(_AFTER_DOT.sub(" ", full_name.replace("\u00ad", "").replace(",", ", "))):
        word = _AROUND.sub("", part)
        if title := _glued_title(word):
            words.append(title)
            word = word.removeprefix(title)
        if word:
            words.append(f"{word}," if part.endswith(",") else word)
    return words


def _glued_title(word: str) -> str:
    """The title at the beginning of the word; empty when it has none."""
    rank = _RANK.match(word)
    title = rank[0] if rank else next((title for title in _GLUED if word.startswith(title)), "")
    # A vowel or tone mark belongs to the consonant before it: then the title is part of a name.
    return title if regex.match(r"(?:[ก-ฮ]|[เ-ไ][ก-ฮ])\X", word.removeprefix(title)) else ""


def _is_title(words: list[str]) -> bool:
    title = _plain(words[0])
    return _RANK.fullmatch(title) is not None or (title in _TITLES and (title not in _AMBIGUOUS or len(words) > 2))


def _after_comma(words: list[str]) -> list[str]:
    """`Smith, John` as `John Smith`."""
    is_surname = len(words) > 1 and regex.match(r"\p{Latin}.*,$", words[0])
    if is_surname and _plain(words[1]) not in _SUFFIXES:
        return [*words[1:], words[0]]
    return words


def _plain(word: str) -> str:
    plain: str = regex.sub(r"[.,'’]", "", word)
    return plain.lower()
