"""Finds rows whose file is missing, as after a restore of which the files are older than the database."""

from collections.abc import Iterator

from django.apps import apps
from django.core.files.storage import Storage
from django.db.models import FileField, Model, QuerySet


def missing_files() -> Iterator[str]:
    """The name of every file that a row names and its storage has not. Holds the names in one folder at a time."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, FileField):
                yield from _missing_of(field)


def _missing_of(field: FileField) -> Iterator[str]:
    folder, held = None, set[str]()
    names: QuerySet[Model] = QuerySet(field.model).exclude(**{field.name: ""}).order_by(field.name)
    for name in names.values_list(field.name, flat=True).iterator(chunk_size=5_000):
        of, _, file = name.rpartition("/")
        if of != folder:
            folder, held = of, _listed(field.storage, of)
        if file not in held:
            yield name


def _listed(storage: Storage, folder: str) -> set[str]:
    try:
        return set(storage.listdir(folder)[1])
    except FileNotFoundError:
        return set()
