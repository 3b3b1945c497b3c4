"""The registry of personal data names every table, field, file folder and Redis key, and says what becomes of each."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.gis.db.models import GeometryField
from django.contrib.postgres.fields import ArrayField
from django.db import models
from procrastinate.contrib.django import app as queue

from backend.accounts.models import User
from backend.accounts.registry import Record, all_records, register_records, run_timers
from backend.core.clock import read_clock
from tests.factories.people import make_user

ROOT = Path(__file__).resolve().parents[2]
APPS = ("backend", "chat", "geo", "notifications")
RECORDS = list(all_records())
NAMES = [record.name for record in RECORDS]
PERSONAL = [record for record in RECORDS if record.holds_personal_data]
TELLING = (models.CharField, models.TextField, models.JSONField, models.FileField, models.UUIDField, GeometryField)


def tells(field: models.Field) -> bool:  # type: ignore[type-arg]
    """Whether a field may tell something about a person: words, places, files, people."""
    if isinstance(field, ArrayField):
        return True
    if isinstance(field, models.ForeignKey):
        return field.related_model is User
    return isinstance(field, TELLING) and not field.primary_key and not field.choices


def keys_of_redis() -> Iterator[str]:
    """The families of keys in the code, such as `ticket:*`."""
    texts = [path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py")]
    trees = [ast.parse(text) for text in texts if re.search("from backend.core.redis.client import .*\\bkey\\b", text)]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "key" and node.args:
            yield pattern_of(node.args[0])


def pattern_of(name: ast.expr) -> str:
    if isinstance(name, ast.Constant):
        return str(name.value)
    assert isinstance(name, ast.JoinedStr), ast.unparse(name)
    parts = [part.value if isinstance(part, ast.Constant) else "*" for part in name.values]
    return "".join(map(str, parts)).replace("*:*", "*")


class TestCompleteness:
    def test_every_model_has_one_record(self) -> None:
        labels = [model._meta.label for model in apps.get_models(include_auto_created=True) if not is_of_tests(model)]

        assert sorted(name for name in NAMES if ":" not in name) == sorted(labels)

    @pytest.mark.parametrize("record", [record for record in RECORDS if record.model], ids=lambda record: record.name)
    def test_every_field_that_tells_something_is_named(self, record: Record) -> None:
        assert record.model
        fields = {field.name: field for field in record.model._meta.concrete_fields}

        named = [*record.personal, *record.plain]

        assert {name for name, field in fields.items() if tells(field)} <= set(named) <= set(fields)
        assert max(Counter(named).values(), default=1) == 1
        assert record.holds_personal_data or not record.personal

    def test_every_folder_of_files_has_a_record(self) -> None:
        fields = (field for model in apps.get_models() for field in model._meta.concrete_fields)
        files = [field for field in fields if isinstance(field, models.FileField)]

        folders = {Path(field.generate_filename(field.model(), "x.jpg")).parent.name for field in files}

        assert folders == {name.rpartition("/")[2] for name in NAMES if name.startswith("files: ")}

    def test_every_key_of_redis_has_a_record(self) -> None:
        assert {f"redis: {pattern}" for pattern in keys_of_redis()} == {name for name in NAMES if "redis: " in name}


def is_of_tests(model: type[models.Model]) -> bool:
    return model.__module__.split(".")[0] in {"tests", "tools", "django_migration_linter"}


@pytest.mark.parametrize("record", PERSONAL, ids=lambda record: record.name)
class TestRecord:
    def test_says_whose_it_is_and_why(self, record: Record) -> None:
        assert record.whose
        assert record.basis != record.basis.NONE

    def test_is_copied_or_says_why_not(self, record: Record) -> None:
        assert bool(record.copy) + bool(record.not_copied) + bool(record.within) == 1
        assert not record.within or record.within in NAMES

    def test_leaves_or_says_why_not(self, record: Record) -> None:
        assert record.erase or record.kept or record.within

    def test_has_timers_of_jobs_that_run(self, record: Record) -> None:
        jobs = {timer.job for timer in record.timers} - {"redis", "operator"}

        assert jobs <= set(queue.tasks)


@pytest.mark.django_db
def test_a_failing_step_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from backend.accounts import registry

    done: list[str] = []

    def fail(*, now: datetime) -> int:
        raise RuntimeError("no")

    def work(*, now: datetime) -> int:
        done.append("worked")
        return 2 if len(done) == 1 else 0

    monkeypatch.setattr(registry, "_records", {})
    timers = [registry.Timer(job="x", after="", step=fail), registry.Timer(job="x", after="", step=work, batch=2)]
    register_records("test", [Record(store="test", timers=timers)])

    with pytest.raises(RuntimeError):
        run_timers(job="x", now=read_clock())
    assert done == ["worked", "worked"]


@pytest.mark.django_db
def test_every_step_runs_on_an_empty_city() -> None:
    make_user()

    for job in {timer.job for record in RECORDS for timer in record.timers if timer.step}:
        run_timers(job=job, now=read_clock())
