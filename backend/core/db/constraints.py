"""Turning a violated database constraint into the refusal it stands for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError

from backend.core.errors import DomainError


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the constraint or unique index that was violated."""
    diag = getattr(error.__cause__, "diag", None)
    name: str | None = diag.constraint_name if diag else None
    return name


@contextmanager
def translate_constraint(refusals: Mapping[str, type[DomainError]]) -> Iterator[None]:
    """Raise the refusal that belongs to a violated constraint's name; any other IntegrityError propagates."""
    try:
        yield
    except IntegrityError as error:
        refusal = refusals.get(constraint_of(error) or "")
        if refusal is None:
            raise
        raise refusal from error
