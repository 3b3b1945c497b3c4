"""The documents: their links and paths exist, prose is wrapped, and they stay short."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
PATH = re.compile(r"`((?:backend|geo|chat|notifications|tools|tests|bin|docs)/[\w./-]*\w/?)`")
# Tables, code, pictures and links cannot be wrapped.
UNWRAPPED = ("|", "    ", "!", "[", "#")
WIDTH = 120
WORDS_MAX = 15_000
# A runbook is read at night, one paragraph at a time.
RUNBOOK = ROOT / "docs" / "operations.md"
RUNBOOK_WORDS_MAX = 7_000
# A list of requirements, each with how it is met, is looked up and not read through.
SECURITY = ROOT / "docs" / "security.md"
RECORD_LINES_MAX = 60


def anchors_of(document: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub writes them."""
    heads = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
class TestDocument:
    def test_has_links_that_resolve(self, document: Path) -> None:
        for target, anchor in LINK.findall(document.read_text(encoding="utf-8")):
            if target.startswith("http"):
                continue
            linked = document.parent / target if target else document
            assert linked.exists(), target
            assert not anchor or anchor in anchors_of(linked), f"{target}#{anchor}"

    def test_names_files_that_exist(self, document: Path) -> None:
        named = PATH.findall(document.read_text(encoding="utf-8"))

        assert [path for path in named if not (ROOT / path).exists()] == []

    def test_wraps_prose(self, document: Path) -> None:
        text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)

        long = [line for line in text.splitlines() if len(line) > WIDTH and not line.startswith(UNWRAPPED)]

        assert long == []


def test_documents_are_short() -> None:
    words = {document: len(document.read_text(encoding="utf-8").split()) for document in DOCUMENTS}

    assert words.pop(RUNBOOK) <= RUNBOOK_WORDS_MAX
    words.pop(SECURITY, None)
    assert sum(words.values()) <= WORDS_MAX


def test_records_fit_on_a_page() -> None:
    records = (ROOT / "docs" / "decisions").glob("0*.md")

    long = [record.name for record in records if len(record.read_text().splitlines()) > RECORD_LINES_MAX]

    assert long == []
