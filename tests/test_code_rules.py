"""Rules that no other tool checks: sizes, translations, the Procfile, and what the repository must not contain."""

import ast
import io
import re
import statistics
import subprocess
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
APPS = ["backend", "geo", "chat", "notifications"]
TRANSLATED = [*APPS, "tools/demo_city"]
LINES_OF_FILE_MAX = 400
LINES_OF_FUNCTION_MAX = 50
LINES_OF_FUNCTION_MEDIAN = 8
# Lines of tests for each line of the product and its tools: tests grow with the product, not faster.
TEST_LINES_PER_LINE_MAX = 1.0
# Words for roles without a gender, and standard terms instead of private metaphors.
WORDS_TO_AVOID = re.compile(
    r"\b(he|she|his|hers|her|him|himself|herself|desk|guests?|whoever|moot|makers?|takers?|untold|knows better|"
    r"let down|left alone|(?:is|are|was|were|be|been) (?:told|asked))\b",
    re.IGNORECASE,
)
WORDS_NOT_IN_NAMES = {"he", "his", "him", "she", "her", "desk", "guest", "guests", "moot", "whoever", "told", "untold"}
WORDS_NOT_IN_NAMES |= {"dealt", "heart", "taker", "takers", "maker", "makers"}
# Words for things in reality, which tests may name.
WORDS_NOT_IN_NAMES_OF_CODE = WORDS_NOT_IN_NAMES | {"door", "doors", "together", "gone"}
WEBSOCKET_OPTION = "--ws chat.consumers.uvicorn_websocket:BoundedWebSocket"
IN_TEMPLATES = re.compile(r"""{%\s*(?:blocktranslate|translate)\s+"([^"]+)\"""")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
# Built from parts, so that this file itself stays clean.
_NAMES = (("files", "pythonhosted"), ("pypi", "org"), ("registry", "npmjs"), ("deb", "debian"))
REGISTRIES = [".".join(name) for name in _NAMES]


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def sources() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".py" and "migrations" not in path.parts]


def functions() -> Iterator[tuple[str, int]]:
    """Every function, and its lines without decorators."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.fixture(scope="module")
def lengths() -> dict[str, int]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return dict(functions())


class TestSize:
    def test_no_file_is_long(self) -> None:
        long = {
            str(path): count for path in sources() if (count := len(path.read_text().splitlines())) > LINES_OF_FILE_MAX
        }

        assert long == {}

    def test_tests_are_few_lines(self) -> None:
        lines = {path: len(path.read_text().splitlines()) for path in sources()}
        of_tests = sum(count for path, count in lines.items() if path.relative_to(ROOT).parts[0] == "tests")

        assert of_tests <= (sum(lines.values()) - of_tests) * TEST_LINES_PER_LINE_MAX

    def test_no_function_is_long(self, lengths: dict[str, int]) -> None:
        assert {name: count for name, count in lengths.items() if count > LINES_OF_FUNCTION_MAX} == {}

    def test_functions_are_short(self, lengths: dict[str, int]) -> None:
        ours = [count for name, count in lengths.items() if name.split("/")[0] in APPS]

        assert statistics.median(ours) <= LINES_OF_FUNCTION_MEDIAN
        assert statistics.median(lengths.values()) <= LINES_OF_FUNCTION_MEDIAN


# Django documents `_meta` and `_state`. The Admin SDK has no public way to do these things.
PRIVATE_NAMES_ALLOWED = {"notifications/push/fcm.py": {"_get_messaging_service", "_credential", "_client"}}


def own_names(trees: Iterable[ast.Module]) -> set[str]:
    """Every name that our code defines or sets."""
    names: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def private_names_in(tree: ast.Module) -> set[str]:
    """The private names that a module reads from objects and imports from other modules."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            names.update(part for part in (node.module or "").split("."))
            names.update(alias.name for alias in node.names)
    return {name for name in names if name.startswith("_") and not name.endswith("__")}


class TestLibraries:
    def test_no_private_name_of_a_library_is_used(self) -> None:
        modules = {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sources()}
        product = {name: tree for name, tree in modules.items() if name.split("/")[0] in APPS}
        allowed = own_names(product.values()) | {"_meta", "_state"}

        used = {name: private_names_in(tree) - allowed for name, tree in product.items()}

        assert {name: found for name, found in used.items() if found} == PRIVATE_NAMES_ALLOWED


def prose_of(path: Path) -> str:
    """The comments and docstrings of a module, or the whole text of a document."""
    source = path.read_text()
    if path.suffix != ".py":
        return source
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
    return "\n".join(comments + [ast.get_docstring(node) or "" for node in nodes])


def words_in(name: str) -> set[str]:
    """The words of a name in snake case or camel case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def is_test(name: str) -> bool:
    return name.lower().startswith("test")


class TestWords:
    def test_prose_uses_plain_words(self) -> None:
        documents = [path for path in tracked_files() if path.suffix in {".md", ".yaml"}]
        found = {
            str(path.relative_to(ROOT)): words
            for path in [*sources(), *documents]
            if (words := sorted(set(WORDS_TO_AVOID.findall(prose_of(path)))))
        }

        assert found == {}

    def test_names_use_plain_words(self) -> None:
        found = {
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            for path in sources()
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and words_in(node.name) & (WORDS_NOT_IN_NAMES if is_test(node.name) else WORDS_NOT_IN_NAMES_OF_CODE)
        }

        assert found == set()


class TestWebSocketClass:
    """Without this class uvicorn buffers without a bound for a slow reader."""

    @pytest.mark.parametrize("file", ["Procfile", "bin/run"])
    def test_is_given_wherever_uvicorn_starts(self, file: str) -> None:
        starts = (ROOT / file).read_text().replace("\\\n", "").splitlines()
        commands = [line for line in starts if "uvicorn " in line and "backend.asgi:application" in line]

        assert commands
        assert [line for line in commands if WEBSOCKET_OPTION not in line] == []


def texts_of(app: str) -> set[str]:
    """Every text of an app that people may read."""
    found: set[str] = set()
    for *_, message, _comments, _context in extract_from_dir(
        ROOT / app, method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        found.update([message] if isinstance(message, str) else message)
    for page in (ROOT / app).rglob("templates/**/*.html"):
        found.update(IN_TEMPLATES.findall(page.read_text()))
    return found


def translated_in(app: str) -> set[str]:
    """Every text in the Thai catalogue of an app."""
    with (ROOT / app / "locale/th/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = read_po(file, locale="th")
    return {
        name
        for message in catalogue
        if message.id and message.string and not message.fuzzy
        for name in ([message.id] if isinstance(message.id, str) else message.id)
    }


class TestTranslation:
    @pytest.mark.parametrize("app", TRANSLATED)
    def test_every_text_has_a_thai_translation(self, app: str) -> None:
        # Labels that several apps share stand in the catalogue of `backend`.
        assert texts_of(app) - translated_in(app) - translated_in("backend") == set()

    @pytest.mark.parametrize("app", TRANSLATED)
    def test_no_translation_loses_a_part(self, app: str) -> None:
        with (ROOT / app / "locale/th/LC_MESSAGES/django.po").open("rb") as file:
            catalogue = read_po(file, locale="th")
        parts = re.compile(r"%\(\w+\)[sd]|{\w+[^}]*}")

        for message in catalogue:
            if isinstance(message.id, str) and message.id:
                assert sorted(parts.findall(message.id)) == sorted(parts.findall(str(message.string))), message.id


class TestRepository:
    def test_names_no_registry(self) -> None:
        if not (ROOT / ".git").exists():
            pytest.skip("not a git checkout")
        for path in tracked_files():
            content = path.read_bytes().lower()
            assert [name for name in REGISTRIES if name.encode() in content] == [], path

    def test_locks_hold_no_download_address(self) -> None:
        locks = sorted((ROOT / "requirements").glob("*.lock"))

        assert len(locks) == 3
        for lock in locks:
            assert not re.search(r"https?://|--index-url|--find-links", lock.read_text()), lock
            assert "--hash=sha256:" in lock.read_text()

    def test_npm_lock_holds_no_download_address(self) -> None:
        lock = (ROOT / "clients/package-lock.json").read_text()

        assert not re.search(r'"resolved": "\w+:', lock)
        assert lock.count('"integrity": "sha512-') > 50

    def test_keeps_no_lock_with_addresses(self) -> None:
        names = {path.name for path in tracked_files()}

        assert names.isdisjoint({"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock"})
