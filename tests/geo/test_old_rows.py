"""What migrations do to rows that were there before."""

from importlib import import_module

import pytest
from django.db import connection
from django.db.models.functions import Now

from backend.accounts.models import Session
from geo.models import Collector, Match
from tests.makers import make_session
from tests.makers_geo import make_collector
from tests.makers_match import make_match

pytestmark = pytest.mark.django_db


def test_a_no_show_that_is_nobodys_blames_nobody() -> None:
    """As before 0013: nobody noted who did not come, and the constraint would have refused the migration."""
    migration = import_module("geo.migrations.0013_handover_steps")
    match, other = make_match(), make_match()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'a_no_show_is_somebodys'")
        [definition] = cursor.fetchone()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("ALTER TABLE geo_match DROP CONSTRAINT a_no_show_is_somebodys")
        Match.objects.filter(pk=match.pk).update(status="no_show", ended_at=Now())

        cursor.execute(migration.NOBODYS_NO_SHOWS)

        cursor.execute(f"ALTER TABLE geo_match ADD CONSTRAINT a_no_show_is_somebodys {definition}")
    assert Match.objects.get(pk=match.pk).status == "released"
    assert Match.objects.get(pk=other.pk).status == "active"


@pytest.mark.django_db(transaction=True)
def test_who_is_signed_in_already_is_filled_in_by_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    migration = import_module("geo.migrations.0024_fill_signed_in_at")
    monkeypatch.setattr(migration, "BATCH", 2)
    people = [make_collector().user for _ in range(5)]
    for person in people[:4]:
        make_session(person)
    Collector.objects.filter(user__in=people[1:]).update(signed_in_at=None)

    with connection.schema_editor(atomic=False) as editor:
        migration.fill(None, editor)

    filled = dict(Collector.objects.values_list("user_id", "signed_in_at"))
    assert filled == {session.user_id: session.created for session in Session.objects.all()} | {people[4].pk: None}
