"""Frequent statements are planned once for each connection, and no others."""

import uuid
from contextlib import nullcontext

import msgspec
import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import User
from backend.core.db.prepared import columns_for, columns_of, fetch_models, fetch_prepared, insert_prepared, model_from
from geo.models import Handover
from tests.factories.matches import make_match

STATEMENT = "SELECT %(number)s::int + 1 AS asked_often"


def how_many_prepared(like: str) -> int:
    """The prepared statements of this connection, as PostgreSQL reports them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{like}%"])
        count: int = cursor.fetchone()[0]
    return count


@pytest.mark.django_db
class TestPrepared:
    def test_is_prepared_at_the_first_use_and_once(self) -> None:
        answers = [fetch_prepared(STATEMENT, {"number": number}) for number in range(3)]

        assert answers == [[(1,)], [(2,)], [(3,)]]
        assert how_many_prepared("asked_often") == 1

    def test_queries_of_the_orm_are_not_prepared(self) -> None:
        for _ in range(20):
            User.objects.filter(display_name="Malee").exists()

        assert how_many_prepared("accounts_user") == 0

    @pytest.mark.parametrize("is_watched", [False, True])
    def test_fails_as_every_query_does(self, is_watched: bool) -> None:
        watch = CaptureQueriesContext(connection) if is_watched else nullcontext()

        with watch, transaction.atomic():
            with pytest.raises(DataError), transaction.atomic():
                fetch_prepared("SELECT 1 / %(number)s::int", {"number": 0})
            assert fetch_prepared(STATEMENT, {"number": 1}) == [(2,)]

    @pytest.mark.parametrize("is_watched", [False, True])
    def test_is_not_checked_in_a_failed_transaction(self, is_watched: bool) -> None:
        watch = CaptureQueriesContext(connection) if is_watched else nullcontext()

        with watch, transaction.atomic():
            transaction.set_rollback(True)
            with pytest.raises(transaction.TransactionManagementError):
                fetch_prepared(STATEMENT, {"number": 1})


@pytest.mark.django_db
class TestModels:
    def test_have_every_field(self) -> None:
        handover = make_match().handover

        [read] = fetch_models(Handover, f"SELECT {columns_of(Handover)} FROM geo_handover", {})

        assert (read, model_to_dict(read)) == (handover, model_to_dict(handover))

    def test_can_be_structs_of_some_columns(self) -> None:
        class Row(msgspec.Struct):
            state: str
            match_id: uuid.UUID

        handover = make_match().handover

        [row] = fetch_prepared(f"SELECT {columns_for(Row, 'geo_handover')} FROM geo_handover", {})

        assert Row(*row) == Row(state=handover.state, match_id=handover.match_id)

    def test_read_a_field_later_that_was_left_out(self) -> None:
        handover = make_match().handover
        only = ("match_id", "state")

        [row] = fetch_prepared(f"SELECT {columns_of(Handover, only)} FROM geo_handover", {})
        read = model_from(Handover, row, only)

        assert "code" in read.get_deferred_fields()
        assert read.code == handover.code

    def test_can_be_saved(self) -> None:
        make_match()
        [read] = fetch_models(Handover, f"SELECT {columns_of(Handover)} FROM geo_handover", {})

        read.wrong_codes = 2
        read.save(update_fields=["wrong_codes"])

        assert Handover.objects.get().wrong_codes == 2


@pytest.mark.django_db
class TestInsert:
    def test_stores_the_object_and_reads_database_defaults_back(self) -> None:
        match = make_match()
        Handover.objects.filter(match=match).delete()
        handover = Handover(match=match, code="123456")

        insert_prepared(handover)

        stored = Handover.objects.values().get(match=match)
        assert {name: getattr(handover, name) for name in stored} == stored
        handover.wrong_codes = 1
        handover.save(update_fields=["wrong_codes"])
        assert Handover.objects.get(match=match).wrong_codes == 1

    def test_names_the_violated_constraint(self) -> None:
        handover = make_match().handover

        with pytest.raises(IntegrityError, match="geo_handover_pkey"), transaction.atomic():
            insert_prepared(handover)
