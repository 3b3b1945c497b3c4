"""Linking phone, Firebase and LINE to one account once each is proved, and unlinking them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from backend.accounts.models import CarriedStanding, Report, User
from backend.core.clock import read_clock
from tests.factories.geo import make_pickup
from tests.factories.people import client_of, make_session, make_user
from tests.firebase_endpoint import FirebaseEndpoint, id_token
from tests.line_issuer import LineIssuer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("erasure_at_once")]

IDENTITIES = "/api/v1/me/identities"
PHONE = "+66812345678"
OTHER_PHONE = "+66899999999"


def link(user: User, proof: dict[str, Any], **headers: Any) -> Any:
    return client_of(user).post(IDENTITIES, proof, **headers)


def by_line(token: str, **fields: str) -> dict[str, Any]:
    return {"provider": "line", "token": token} | fields


def by_number(phone: str) -> dict[str, Any]:
    return {"provider": "demo", "phone": phone}


def by_firebase(**claims: Any) -> dict[str, Any]:
    return {"provider": "firebase", "token": id_token(**claims)}


def kinds(answer: Any) -> dict[str, bool]:
    """Each linked kind, and whether it can be unlinked."""
    return {row["kind"]: row["can_unlink"] for row in answer.json()["linked"]}


def sign_in(proof: dict[str, Any]) -> Any:
    return APIClient().post("/api/v1/auth/sign-in", proof)


def count_waiting_transactions() -> int:
    """Transactions of the test's database that are open and idle; call it from another thread."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        found: int = cursor.fetchone()[0]
    connection.close()
    return found


class TestList:
    def test_shows_what_is_linked_and_what_could_be(self, line: LineIssuer) -> None:
        user = make_user(phone=PHONE)

        answer = client_of(user).get(IDENTITIES)

        assert answer.json() == {
            "linked": [{"kind": "phone", "phone": PHONE, "can_unlink": False}],
            "providers": ["demo", "line"],
        }

    def test_needs_a_token(self, anonymous: APIClient) -> None:
        answers = [anonymous.get(IDENTITIES), anonymous.post(IDENTITIES), anonymous.delete(f"{IDENTITIES}/line")]

        assert [answer.status_code for answer in answers] == [401, 401, 401]


class TestLink:
    def test_line_to_an_account_with_a_number(self, line: LineIssuer) -> None:
        user = make_user(phone=PHONE)

        answer = link(user, by_line(line.id_token("U1")))

        assert kinds(answer) == {"phone": True, "line": True}
        assert sign_in(by_line(line.id_token("U1"))).json()["user"]["id"] == str(user.pk)
        assert sign_in(by_number(PHONE)).json()["user"]["id"] == str(user.pk)

    def test_firebase_with_its_number_to_an_account_of_line(self, firebase: FirebaseEndpoint, line: LineIssuer) -> None:
        firebase.add_user("uid-1")
        user = make_user(phone=None, line_id="U1")

        answer = link(user, by_firebase(phone_number=PHONE))

        assert kinds(answer) == {"phone": True, "firebase": True, "line": True}
        assert sign_in(by_firebase(phone_number=PHONE)).json()["user"]["id"] == str(user.pk)

    def test_a_new_number_replaces_the_old_one(self) -> None:
        user = make_user(phone=PHONE)

        link(user, by_number(OTHER_PHONE))

        user.refresh_from_db()
        assert user.phone == OTHER_PHONE

    def test_a_new_number_sheds_no_pause(self) -> None:
        user = make_user(phone=PHONE, paused_until=read_clock() + timedelta(days=3))

        link(user, by_number(OTHER_PHONE))
        with_old_number = sign_in(by_number(PHONE)).json()["user"]

        assert with_old_number["paused_until"] is not None

    def test_twice_changes_nothing(self, line: LineIssuer) -> None:
        user = make_user()

        answers = [link(user, by_line(line.id_token("U1"))) for _ in range(2)]

        assert answers[0].json() == answers[1].json()

    def test_with_a_key_answers_a_repeated_request_the_same(self, line: LineIssuer) -> None:
        client, proof = client_of(make_user()), by_line(line.id_token(nonce="n"), nonce="n")

        answers = [client.post(IDENTITIES, proof, HTTP_IDEMPOTENCY_KEY="key") for _ in range(2)]

        assert [kinds(answer) for answer in answers] == [{"phone": True, "line": True}] * 2
        assert client.post(IDENTITIES, proof).json()["code"] == "identity_used"

    @pytest.mark.django_db(transaction=True)
    def test_with_a_key_asks_for_proof_outside_a_transaction_and_once(self, line: LineIssuer) -> None:
        client, proof = client_of(make_user()), by_line(line.id_token())
        waiting: list[int] = []
        line.on_ask = lambda: waiting.append(count_waiting_transactions())

        first = client.post(IDENTITIES, proof, HTTP_IDEMPOTENCY_KEY="key")
        expired = by_line(line.id_token(age_s=4000))
        answers = [first, *(client.post(IDENTITIES, body, HTTP_IDEMPOTENCY_KEY="key") for body in (proof, expired))]

        assert waiting == [0, 0]
        assert [answer.status_code for answer in answers] == [200, 200, 422]

    @pytest.mark.parametrize("code", ["identity_invalid", "identity_expired", "invalid", "provider_unknown"])
    def test_needs_proof(self, line: LineIssuer, code: str) -> None:
        user = make_user()
        proofs = {
            "identity_invalid": by_line(line.id_token(aud="another")),
            "identity_expired": by_line(line.id_token(age_s=4000)),
            "invalid": by_line(""),
            "provider_unknown": {"provider": "firebase", "token": "x"},
        }

        assert link(user, proofs[code]).json()["code"] == code
        user.refresh_from_db()
        assert user.line_id is None

    def test_refuses_a_second_account_of_the_same_kind(self, line: LineIssuer) -> None:
        user = make_user(line_id="U1")

        answer = link(user, by_line(line.id_token("U2")))

        assert (answer.status_code, answer.json()["code"]) == (409, "another_identity_linked")


class TestOtherAccount:
    """What was proved belongs to another account."""

    def test_an_unused_one_is_merged_with_all_its_identities(self, line: LineIssuer) -> None:
        user, unused = make_user(phone=None, firebase_uid="uid-1"), make_user(phone=PHONE, line_id="U1")
        make_pickup(resident=user)
        old_session = client_of(unused)

        answer = link(user, by_line(line.id_token("U1")))

        assert kinds(answer) == {"phone": True, "firebase": True, "line": True}
        unused.refresh_from_db()
        assert (unused.erased_at is not None, unused.line_id, unused.phone) == (True, None, None)
        assert old_session.get("/api/v1/me").status_code == 401

    def test_a_used_one_stays_and_the_user_reads_what_to_do(self, line: LineIssuer) -> None:
        user, used = make_user(), make_user(line_id="U1")
        pickup = make_pickup(resident=used)

        answer = link(user, by_line(line.id_token("U1")))

        assert (answer.status_code, answer.json()["code"]) == (409, "identity_has_account")
        assert "another account" in answer.json()["detail"]
        pickup.resident.refresh_from_db()
        assert (pickup.resident.line_id, pickup.resident.erased_at) == ("U1", None)

    def test_erasing_the_other_one_frees_it(self, line: LineIssuer) -> None:
        user, used = make_user(), make_user(line_id="U1")
        make_pickup(resident=used)

        client_of(used).delete("/api/v1/me")

        assert link(user, by_line(line.id_token("U1"))).status_code == 200

    def test_of_staff_stays(self, line: LineIssuer) -> None:
        make_user(line_id="U1", is_staff=True)

        assert link(make_user(), by_line(line.id_token("U1"))).json()["code"] == "identity_has_account"

    def test_a_suspended_one_is_not_got_round(self, line: LineIssuer) -> None:
        suspended = make_user(line_id="U1", is_active=False)

        answer = link(make_user(), by_line(line.id_token("U1")))

        assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")
        suspended.refresh_from_db()
        assert suspended.line_id == "U1"

    def test_its_pause_comes_along(self, line: LineIssuer) -> None:
        until = read_clock() + timedelta(days=3)
        user = make_user()
        make_user(phone=OTHER_PHONE, line_id="U1", paused_until=until)

        link(user, by_line(line.id_token("U1")))

        user.refresh_from_db()
        assert user.paused_until == until

    def test_a_used_one_with_the_number_keeps_both_as_they_are(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        user, used = make_user(phone=None, firebase_uid="uid-1"), make_user(phone=PHONE)
        make_pickup(resident=used)

        answer = link(user, by_firebase(phone_number=PHONE))

        assert answer.json()["code"] == "identity_has_account"
        used.refresh_from_db()
        assert used.phone == PHONE

    def test_an_unused_one_that_had_the_number_before_only_gives_it_up(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        firebase.add_user("uid-2")
        user, before = make_user(phone=None), make_user(phone=PHONE, firebase_uid="uid-2")

        answer = link(user, by_firebase(uid="uid-1", phone_number=PHONE))

        assert set(kinds(answer)) == {"phone", "firebase"}
        before.refresh_from_db()
        assert (before.phone, before.firebase_uid, before.erased_at) == (None, "uid-2", None)

    def test_line_moves_when_a_number_brings_two_accounts_together(self, firebase: FirebaseEndpoint) -> None:
        firebase.add_user("uid-1")
        older = make_user(phone=PHONE)
        make_pickup(resident=older)
        make_user(phone=None, firebase_uid="uid-1", line_id="U1")

        sign_in(by_firebase(phone_number=PHONE))

        older.refresh_from_db()
        assert (older.firebase_uid, older.line_id) == ("uid-1", "U1")


class TestUnlink:
    @pytest.mark.parametrize("kind", ["phone", "firebase", "line"])
    def test_removes_one_of_several(self, firebase: FirebaseEndpoint, line: LineIssuer, kind: str) -> None:
        user = make_user(phone=PHONE, firebase_uid="uid-1", line_id="U1")

        answer = client_of(user).delete(f"{IDENTITIES}/{kind}")

        assert answer.status_code == 204
        user.refresh_from_db()
        assert set(user.identities) == {"phone", "firebase", "line"} - {kind}

    def test_frees_it_for_an_account_of_its_own(self, line: LineIssuer) -> None:
        user = make_user(line_id="U1")

        client_of(user).delete(f"{IDENTITIES}/line")

        assert sign_in(by_line(line.id_token("U1"))).json()["created"] is True

    @pytest.mark.parametrize("fields", [{"phone": PHONE}, {"phone": None, "line_id": "U1"}])
    def test_keeps_the_last_one(self, line: LineIssuer, fields: dict[str, Any]) -> None:
        user = make_user(**fields)
        [kind] = user.identities

        answer = client_of(user).delete(f"{IDENTITIES}/{kind}")

        assert (answer.status_code, answer.json()["code"]) == (409, "last_identity")

    def test_keeps_the_last_one_that_works_here(self) -> None:
        """This city has neither LINE nor Firebase."""
        user = make_user(phone=PHONE, line_id="U1", firebase_uid="uid-1")

        answer = client_of(user).delete(f"{IDENTITIES}/phone")

        assert answer.json()["code"] == "last_identity"
        assert client_of(user).delete(f"{IDENTITIES}/line").status_code == 204

    def test_keeps_the_number_of_staff(self, line: LineIssuer) -> None:
        officer = make_user(line_id="U1", is_staff=True)

        assert client_of(officer).delete(f"{IDENTITIES}/phone").json()["code"] == "number_of_staff"

    @pytest.mark.parametrize("kind", ["line", "mail", "firebase_uid", "%00"])
    def test_is_404_for_what_is_not_linked(self, line: LineIssuer, kind: str) -> None:
        assert client_of(make_user()).delete(f"{IDENTITIES}/{kind}").status_code == 404

    def test_signs_out_elsewhere(self, line: LineIssuer) -> None:
        user = make_user(line_id="U1")
        elsewhere, here = client_of(user), client_of(user)

        here.delete(f"{IDENTITIES}/line")

        assert (here.get("/api/v1/me").status_code, elsewhere.get("/api/v1/me").status_code) == (200, 401)

    def test_sheds_no_pause(self, line: LineIssuer) -> None:
        until = read_clock() + timedelta(days=3)
        user = make_user(line_id="U1", paused_until=until)
        report = Report.objects.create(reporter=make_user(), reported=user, reason="rude")

        client_of(user).delete(f"{IDENTITIES}/line")
        other = sign_in(by_line(line.id_token("U1"))).json()["user"]

        user.refresh_from_db()
        report.refresh_from_db()
        assert (user.paused_until, User.objects.get(pk=other["id"]).paused_until) == (until, until)
        assert report.reported == user


class TestErasure:
    def test_frees_everything_and_signs_in_as_new(self, line: LineIssuer) -> None:
        user = make_user(phone=PHONE, line_id="U1")

        client_of(user).delete("/api/v1/me")

        user.refresh_from_db()
        assert user.identities == {}
        assert sign_in(by_line(line.id_token("U1"))).json()["created"] is True

    def test_a_pause_is_taken_up_by_line_and_number_without_counting_twice(self, line: LineIssuer) -> None:
        until = read_clock() + timedelta(days=3)
        user = make_user(phone=PHONE, line_id="U1", paused_until=until)
        client_of(user).delete("/api/v1/me")

        returned = User.objects.get(pk=sign_in(by_line(line.id_token("U1"))).json()["user"]["id"])
        link(returned, by_number(PHONE))

        returned.refresh_from_db()
        assert returned.paused_until == until
        assert returned.penalties.count() == 1
        assert not CarriedStanding.objects.exists()

    def test_is_in_the_export(self, line: LineIssuer) -> None:
        user = make_user(line_id="U1")
        make_session(user)

        assert client_of(user).get("/api/v1/me/export").json()["account"]["line_id"] == "U1"
