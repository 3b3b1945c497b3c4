"""Which refusals an operation can answer with, read from its code, so that the schema lists them without a second list.

A function is read by its syntax tree. What it refers to is followed through the modules of this project: functions,
classes, registries, and methods whose name only a few classes have. The result may hold a code too many, not too few.
"""

import ast
import inspect
import sys
import textwrap
from collections import ChainMap, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property, partial
from types import FunctionType, ModuleType
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import APIException

from backend.core.errors import DomainError
from backend.core.http.problems import CODES_OF_DRF

PACKAGES = frozenset({"backend", "geo", "chat", "notifications"})
SAME_NAME_MAX = 3  # a method of a name that more classes have is not followed


def codes_reached_from(*roots: object) -> set[str]:
    """The codes of all refusals that the functions and classes in `roots` refer to, directly or through others."""
    codes: set[str] = set()
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if code := _code_of(value):
            codes.add(code)
        else:
            waiting += _next_of(value)
    return codes


def _code_of(value: object) -> str | None:
    if not inspect.isclass(value):
        return None
    if issubclass(value, DomainError):
        return value.code if value is not DomainError else None
    if issubclass(value, serializers.ValidationError):
        return "invalid"
    if issubclass(value, APIException):
        return CODES_OF_DRF.get(value.default_code, value.default_code)
    return None


def _next_of(value: Any) -> Iterable[object]:
    """What to read after `value`."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return value
    function = _function_of(value)
    if not _is_ours(function):
        return []
    if isinstance(function, FunctionType):
        return _references_in(function)
    return _parts_of_class(value) if inspect.isclass(value) else [type(value)]


def _function_of(value: Any) -> Any:
    """The function inside a property, a method or a decorator; any other value itself."""
    if isinstance(value, property):
        return value.fget
    if isinstance(value, cached_property | partial):
        return value.func
    inner = value.__func__ if isinstance(value, staticmethod | classmethod) or inspect.ismethod(value) else value
    return inner if inspect.isclass(inner) or not callable(inner) else inspect.unwrap(inner)


def _is_ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] in PACKAGES


def _parts_of_class(value: type) -> Iterator[object]:
    """A serializer or field is checked as a whole, with `invalid`; of other classes only the constructor is run."""
    if not issubclass(value, serializers.Field):
        yield from (vars(value)[name] for name in ("__init__", "__call__") if name in vars(value))
        return
    yield serializers.ValidationError
    for base in value.__mro__:
        if _is_ours(base):
            yield from (part for part in vars(base).values() if inspect.isroutine(part))
    if issubclass(value, serializers.Serializer):
        yield from (type(field) for field in value().fields.values())


@cache
def _references_in(function: FunctionType) -> list[object]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except OSError:  # made by a library, such as the constructor of a dataclass
        return []
    names = ChainMap(dict(inspect.getclosurevars(function).nonlocals), function.__globals__)
    caught = {id(node) for clause in _exception_clauses(tree) for node in ast.walk(clause)}
    found: list[object] = []
    for node in ast.walk(tree):
        if id(node) in caught or not isinstance(node, ast.Name | ast.Attribute):
            continue
        value = _value_of(node, names)
        if value is not None:
            found.append(value)
        elif isinstance(node, ast.Attribute):
            found += _methods_called(node.attr)
    return found


def _exception_clauses(tree: ast.AST) -> Iterator[ast.AST]:
    """The types that `except` and `isinstance` name; what is caught is not raised."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type:
            yield node.type
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            yield from node.args[1:]


def _value_of(node: ast.AST, names: Mapping[str, Any]) -> object:
    """What a name, or a dotted name, stands for. None for what only a run can tell."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _value_of(node.value, names)
        if isinstance(owner, ModuleType) or inspect.isclass(owner):
            return inspect.getattr_static(owner, node.attr, None)
    return None


def _methods_called(name: str) -> list[Callable[..., object]]:
    methods = _methods_by_name().get(name, [])
    return methods if len(methods) <= SAME_NAME_MAX else []


@cache
def _methods_by_name() -> dict[str, list[Any]]:
    """Every method and property of the classes of this project."""
    methods: dict[str, list[Any]] = defaultdict(list)
    for module_name, module in list(sys.modules.items()):
        if module_name.partition(".")[0] not in PACKAGES:
            continue
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module_name:
                for name, part in vars(value).items():
                    if inspect.isroutine(part) or isinstance(part, property | cached_property):
                        methods[name].append(part)
    return methods
