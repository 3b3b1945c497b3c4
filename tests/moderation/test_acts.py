"""What moderators do, how people learn of it, what a suspended person may still do, and appeals."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from backend.accounts.identity import Identity
from backend.accounts.models import Report, User
from backend.accounts.services.account import erase_account
from backend.accounts.services.sign_in import sign_in
from backend.core.clock import read_clock
from backend.core.errors import DomainError
from backend.moderation.errors import ActNotPossible, CaseChanged, OwnCase
from backend.moderation.models import Act, Appeal, Case, Evidence, KnownPicture
from backend.moderation.monitoring import moderation_state
from backend.moderation.services.acts import (
    apply_interrupted_acts,
    decide_appeal,
    file_appeal,
    lift_ended_suspensions,
)
from backend.moderation.services.retention import remove_old_evidence
from chat.services.deletion import delete_message
from geo.models import Group, Match, Pickup, PickupPhoto, Rating
from geo.privacy.agreements import settle_suspensions
from tests.factories.chat import make_conversation, make_message
from tests.factories.geo import make_pickup
from tests.factories.matches import make_collecting_user, make_match, make_receipt, pushed_to
from tests.factories.moderation import decide, make_case, make_moderator, report
from tests.factories.people import browser_of, client_of, make_user
from tests.pictures import encoded, two_colours, upload

pytestmark = pytest.mark.django_db
NOW = read_clock


def case_of(kind: str, thing: Any, by: User | None = None) -> Case:
    report(kind, thing.pk, by=by)
    return Case.objects.get(kind=kind)


def grant(appeal: Appeal) -> None:
    decide_appeal(appeal_id=appeal.pk, by=make_moderator(), is_granted=True, answer="You are right.", now=NOW())


class TestActs:
    @pytest.mark.parametrize("kind", ["warn", "suspend", "ban", "nothing"])
    def test_the_person_is_notified_of_each_with_its_reason(self, kind: str) -> None:
        person = make_user()

        act = decide(make_case(person), kind, days=3 if kind == "suspend" else None)

        rows = client_of(person).get("/api/v1/me/acts").json()["results"]
        assert [(row["id"], row["reason"]) for row in rows] == (
            [] if kind == "nothing" else [(str(act.pk), "It breaks the rules.")]
        )
        assert ("moderation.acted" in pushed_to(person)) is (kind != "nothing")

    def test_a_hidden_pickup_leaves_the_decks_until_it_is_restored(self) -> None:
        match = make_match()
        case = case_of("pickup", match.pickup, by=match.collector)

        decide(case, "hide")
        settle_suspensions(now=NOW())

        assert Pickup.objects.get().status == "on_hold"
        assert Match.objects.get().status == "released"
        decide(case, "restore")
        assert Pickup.objects.get().status in {"open", "matched"}

    def test_a_removed_pickup_is_cancelled(self) -> None:
        pickup = make_pickup()

        decide(case_of("pickup", pickup), "remove")

        assert Pickup.objects.get().status == "cancelled"

    def test_a_hidden_message_is_gone_until_it_is_restored(self) -> None:
        reader, author = make_user(), make_user()
        message = make_message(make_conversation(reader, author), author, "Rude words")
        case = case_of("message", message, by=reader)

        decide(case, "hide")
        message.refresh_from_db()
        assert message.text == ""

        decide(case, "restore")
        message.refresh_from_db()
        assert (message.text, message.deleted_at) == ("Rude words", None)

    def test_what_the_author_deleted_stays_deleted(self) -> None:
        reader, author = make_user(), make_user()
        message = make_message(make_conversation(reader, author), author, "Rude words")
        case = case_of("message", message, by=reader)
        delete_message(user_id=author.pk, conversation_id=message.conversation_id, message_id=message.pk, now=NOW())

        for kind in ("hide", "restore"):
            decide(case, kind)

        message.refresh_from_db()
        assert message.text == ""

    def test_taking_back_a_warning_shows_nothing(self) -> None:
        pickup = make_pickup()
        case = case_of("pickup", pickup)
        decide(case, "hide")
        Case.objects.update(status="open")  # as by a report of somebody who liked it
        warning = decide(case, "warn")

        grant(file_appeal(user=warning.person, act_id=warning.pk, text="Why?", now=NOW()))

        assert Pickup.objects.get().status == "on_hold"
        decide(case, "restore")
        assert Pickup.objects.get().status == "open"

    def test_a_hidden_photo_is_restored_without_its_evidence(self) -> None:
        pickup = make_pickup()
        upload(client_of(pickup.resident), pickup, encoded(two_colours()))
        case = case_of("photo", PickupPhoto.objects.get())
        decide(case, "hide")
        Evidence.objects.all().delete()

        act = decide(case, "restore")

        act.refresh_from_db()
        assert act.applied_at is not None
        assert Pickup.objects.get().status == "open"

    def test_a_rating_counts_no_more_until_it_is_restored(self) -> None:
        match = make_match()
        make_receipt(match)
        resident = match.pickup.resident
        client_of(match.collector).post(f"/api/v1/matches/{match.pk}/rating", {"stars": 1})
        case = case_of("rating", Rating.objects.get(), by=resident)

        for kind, count in (("hide", 0), ("restore", 1)):
            decide(case, kind)
            resident.refresh_from_db()
            assert (resident.rating_count, resident.rating_sum) == (count, count)

    def test_what_hiding_takes_away_cannot_be_removed_besides(self) -> None:
        reader, author = make_user(), make_user()
        message = make_message(make_conversation(reader, author), author, "Rude words")

        with pytest.raises(ActNotPossible):
            decide(case_of("message", message, by=reader), "remove")

    def test_a_group_loses_its_name_until_it_is_restored(self) -> None:
        group = Group.objects.create(name="Bad words", kind="other", keeper=make_user(), created_at=NOW())
        case = case_of("group", group)

        for kind, name in (("hide", "-"), ("restore", "Bad words")):
            decide(case, kind)
            group.refresh_from_db()
            assert group.name == name

    def test_a_new_name_of_a_group_stays(self) -> None:
        group = Group.objects.create(name="Bad words", kind="other", keeper=make_user(), created_at=NOW())
        case = case_of("group", group)
        decide(case, "hide")
        Group.objects.update(name="Good words")

        decide(case, "restore")

        assert Group.objects.get().name == "Good words"

    def test_interrupted_ones_are_completed(self) -> None:
        pickup = make_pickup()
        decide(case_of("pickup", pickup), "warn")
        Act.objects.update(kind="hide", applied_at=None)

        assert apply_interrupted_acts(now=NOW() + timedelta(minutes=2)) == 1

        assert Pickup.objects.get().status == "on_hold"
        assert apply_interrupted_acts(now=NOW() + timedelta(minutes=2)) == 0

    @pytest.mark.parametrize(("kind", "days"), [("hide", None), ("suspend", 0), ("suspend", None), ("suspend", 400)])
    def test_what_is_not_possible_is_refused(self, kind: str, days: int | None) -> None:
        with pytest.raises(ActNotPossible):
            decide(make_case(), kind, days=days)

    def test_staff_are_not_suspended(self) -> None:
        with pytest.raises(ActNotPossible):
            decide(make_case(make_moderator()), "ban")

    def test_nobody_handles_their_own_case(self) -> None:
        me, other = make_moderator(), make_user()
        about_me = make_case(me)
        report("person", other.pk, by=me)

        for case in (about_me, Case.objects.get(object_id=other.pk)):
            with pytest.raises(OwnCase):
                decide(case, "nothing", by=me)
            assert browser_of(me).get(f"/admin/moderation/case/{case.pk}/change/").status_code == 302

    def test_a_handled_case_is_not_handled_again(self) -> None:
        case = make_case()
        decide(case, "warn")

        with pytest.raises(CaseChanged):
            decide(case, "ban")


class TestSuspended:
    @pytest.fixture
    def person(self) -> User:
        return make_user()

    @pytest.fixture
    def theirs(self, person: User) -> APIClient:
        """Their app, signed in before the suspension of three days."""
        client = client_of(person)
        decide(make_case(person), "suspend", days=3)
        return client

    def test_reads_exports_and_objects(self, theirs: APIClient) -> None:
        me = theirs.get("/api/v1/me").json()
        [act] = theirs.get("/api/v1/me/acts").json()["results"]

        assert me["suspended_until"] == act["until"]
        assert theirs.get("/api/v1/me/export").status_code == 200
        assert theirs.post(f"/api/v1/me/acts/{act['id']}/appeal", {"text": "It was not me."}).status_code == 201

    def test_does_nothing_else(self, theirs: APIClient) -> None:
        for answer in (
            theirs.patch("/api/v1/me", {"display_name": "Another"}),
            theirs.post("/api/v1/pickups", {}),
            theirs.put(f"/api/v1/pickups/{make_pickup().pk}/swipe", {"direction": "like"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "account_suspended")

    def test_writes_no_message_by_any_way(self, person: User) -> None:
        talk = make_conversation(person, make_user())
        decide(make_case(person), "ban")

        with pytest.raises(DomainError) as refused:
            make_message(talk, person)

        assert refused.value.code == "account_suspended"

    def test_signs_in_again_and_erases(self, person: User, theirs: APIClient) -> None:
        signed_in = sign_in(identity=Identity(phone=person.phone), installation="x", device_name="", now=NOW())
        assert signed_in.user == person

        assert theirs.delete("/api/v1/me").status_code == 204

    def test_stays_suspended_with_a_new_account(self, person: User) -> None:
        phone = person.phone
        decide(make_case(person), "ban")
        person.refresh_from_db()
        erase_account(user=person, now=NOW())

        again = sign_in(identity=Identity(phone=phone), installation="x", device_name="", now=NOW()).user

        again.refresh_from_db()
        assert (again.pk != person.pk, again.is_suspended, again.suspended_until) == (True, True, None)

        decide(make_case(again), "restore")

        again.refresh_from_db()
        assert (again.is_active, again.suspended_at) == (True, None)

    def test_gives_back_pickups_and_matches(self, person: User) -> None:
        pickup, match = make_pickup(resident=person), make_match(collector=make_collecting_user())

        for one in (person, match.collector):
            decide(make_case(one), "suspend", days=3)

        assert Pickup.objects.get(pk=pickup.pk).status == "on_hold"
        assert Match.objects.get(pk=match.pk).status == "released"
        assert "match.released" in pushed_to(match.pickup.resident)

    def test_is_back_when_the_time_is_over(self, person: User, theirs: APIClient) -> None:
        pickup = make_pickup(resident=person)
        settle_suspensions(now=NOW())
        assert lift_ended_suspensions(now=NOW() + timedelta(days=2)) == 0

        assert lift_ended_suspensions(now=NOW() + timedelta(days=4)) == 1

        person.refresh_from_db()
        assert (person.is_active, person.suspended_at) == (True, None)
        assert Pickup.objects.get(pk=pickup.pk).status == "open"
        assert "moderation.lifted" in pushed_to(person)

    def test_is_back_when_a_moderator_takes_it_back(self, person: User, theirs: APIClient) -> None:
        decide(Case.objects.get(), "restore")

        assert theirs.patch("/api/v1/me", {"display_name": "Another"}).status_code == 200


class TestAppeals:
    @pytest.fixture
    def act(self) -> Act:
        return decide(make_case(), "ban")

    def test_are_decided_by_another_moderator(self, act: Act) -> None:
        appeal = file_appeal(user=act.person, act_id=act.pk, text="It was not me.", now=NOW())
        with pytest.raises(OwnCase):
            decide_appeal(appeal_id=appeal.pk, by=act.by, is_granted=False, answer="No.", now=NOW())

        decide_appeal(appeal_id=appeal.pk, by=make_moderator(), is_granted=True, answer="You are right.", now=NOW())

        act.person.refresh_from_db()
        assert act.person.is_active
        rows = client_of(act.person).get("/api/v1/me/acts").json()["results"]
        assert [row["kind"] for row in rows] == ["restore", "ban"]
        assert (rows[1]["appeal"]["is_granted"], rows[1]["can_appeal"]) == (True, False)
        assert pushed_to(act.person)[-1] == "moderation.appeal_granted"

    def test_are_decided_once(self, act: Act) -> None:
        appeal = file_appeal(user=act.person, act_id=act.pk, text="It was not me.", now=NOW())
        decide_appeal(appeal_id=appeal.pk, by=make_moderator(), is_granted=False, answer="No.", now=NOW())

        with pytest.raises(CaseChanged):
            decide_appeal(appeal_id=appeal.pk, by=make_moderator(), is_granted=True, answer="Yes.", now=NOW())

    def test_are_filed_once_in_time_by_the_person_concerned(self, act: Act) -> None:
        def appeal(user: User, days: int = 0) -> Appeal:
            return file_appeal(user=user, act_id=act.pk, text="Why?", now=NOW() + timedelta(days=days))

        for user, days, code in ((make_user(), 0, "not_found"), (act.person, 31, "appeal_not_possible")):
            with pytest.raises(DomainError) as refused:
                appeal(user, days)
            assert refused.value.code == code
        assert appeal(act.person) == appeal(act.person)


class TestClock:
    def test_an_overdue_case_shows_in_readyz(self) -> None:
        case = make_case()
        assert moderation_state() == "ok"

        Case.objects.filter(pk=case.pk).update(due_at=NOW() - timedelta(minutes=1))

        assert moderation_state() == "1 overdue"

    def test_evidence_is_removed_in_the_end(self) -> None:
        decide(make_case(), "warn")

        assert remove_old_evidence(now=NOW() + timedelta(days=364)) == 0
        assert remove_old_evidence(now=NOW() + timedelta(days=366)) == 1
        assert not Evidence.objects.exists()


class TestAdmin:
    @pytest.fixture
    def moderator(self) -> Client:
        return browser_of(make_moderator())

    def test_the_queue_begins_with_the_most_severe(self, moderator: Client) -> None:
        for reason in ("spam", "dangerous", "rude"):
            report("person", make_user(display_name=f"Case of {reason}").pk, reason=reason)

        page = moderator.get("/admin/moderation/case/").content.decode()

        assert sorted(("dangerous", "rude", "spam"), key=lambda reason: page.index(f"Case of {reason}")) == [
            "dangerous", "rude", "spam",
        ]  # fmt: skip

    def test_a_case_is_handled_on_its_page(self, moderator: Client) -> None:
        case = make_case()
        page = moderator.get(f"/admin/moderation/case/{case.pk}/change/").content.decode()
        assert "Look at this." in page

        form = {"version": case.version, "kind": "suspend", "reason": "Enough."}
        address = f"/admin/moderation/case/{case.pk}/decide/"
        assert moderator.post(address, form).status_code == 200
        assert moderator.post(address, form | {"days": 7}).status_code == 302

        assert Report.objects.get().outcome == "suspended"
        assert b"Somebody else has handled" in moderator.post(address, form | {"kind": "restore"}).content

    def test_a_known_picture_has_a_hash_of_16_digits(self) -> None:
        officer = browser_of(make_user(is_staff=True, role="officer"))

        for dhash in ("8f3c", "8f3c00ff00ff00fg", "8F3C00FF00FF00FF", "8f3c00ff00ff00ff"):
            officer.post("/admin/moderation/knownpicture/add/", {"dhash": dhash})

        assert list(KnownPicture.objects.values_list("dhash", flat=True)) == ["8f3c00ff00ff00ff"]

    def test_an_appeal_is_decided_on_its_page(self, moderator: Client) -> None:
        act = decide(make_case(), "ban")
        appeal = file_appeal(user=act.person, act_id=act.pk, text="It was not me.", now=NOW())

        assert b"It was not me." in moderator.get(f"/admin/moderation/appeal/{appeal.pk}/change/").content
        form = {"is_granted": "yes", "answer": "You are right."}
        assert moderator.post(f"/admin/moderation/appeal/{appeal.pk}/decide/", form).status_code == 302

        assert Appeal.objects.get().is_granted is True
