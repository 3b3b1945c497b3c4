"""Compares the database with the code: functions, triggers and views with `<app>/sql/`, and what models name.

A restore that went wrong can leave a database without them that looks complete otherwise. Migrations do not notice it.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps
from django.db import connection

# A function's body, and the function that a trigger calls.
_FUNCTION = re.compile(r"^CREATE OR REPLACE FUNCTION (\w+)\(.*?AS \$\$(.*?)\$\$", re.MULTILINE | re.DOTALL)
_TRIGGER = re.compile(
    r"^CREATE OR REPLACE TRIGGER (\w+)\s.*?\sON (\w+)\s.*?EXECUTE FUNCTION (\w+)\(", re.MULTILINE | re.DOTALL
)
_VIEW = re.compile(r"^CREATE OR REPLACE VIEW (\w+)", re.MULTILINE)
# A trigger that is disabled and an index that was never finished count as missing.
_HELD = """
SELECT 'function ' || proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger ' || tgname || ' on ' || relname, proname
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal AND tgenabled <> 'D'
UNION ALL
SELECT 'view ' || viewname, '' FROM pg_views WHERE schemaname = 'public'
UNION ALL
SELECT 'index or constraint ' || relname, '' FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND indisvalid
UNION ALL
SELECT 'index or constraint ' || conname, '' FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND convalidated
"""


def wrong_definitions() -> list[str]:
    """What the database lacks or holds in another text, such as `trigger card_of_new on geo_pickup`."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD)
        held = set(cursor.fetchall())
    return [name for name, text in _wanted() if (name, text) not in held]


@cache
def _wanted() -> list[tuple[str, str]]:
    return sorted({*_defined_in_files(), *_named_by_models()})


def _defined_in_files() -> Iterator[tuple[str, str]]:
    for app in apps.get_app_configs():
        for path in Path(app.path, "sql").glob("*.sql"):
            text = path.read_text(encoding="utf-8")
            yield from ((f"function {name}", body) for name, body in _FUNCTION.findall(text))
            yield from ((f"trigger {name} on {table}", called) for name, table, called in _TRIGGER.findall(text))
            yield from ((f"view {name}", "") for name in _VIEW.findall(text))


def _named_by_models() -> Iterator[tuple[str, str]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed:
            for one in (*model._meta.indexes, *model._meta.constraints):
                yield f"index or constraint {one.name}", ""
