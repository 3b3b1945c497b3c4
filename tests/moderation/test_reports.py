"""Reporting from where one sees it: once per thing, with evidence frozen at that moment."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Report, User
from backend.core.clock import read_clock
from backend.moderation.models import Case, Evidence, EvidencePhoto, KnownPicture
from backend.moderation.services.holding import dhash_of
from chat.services.deletion import delete_message
from geo.models import Group, Pickup, PickupPhoto, Rating
from geo.pickups.services.changing import PickupChanges, amend_pickup
from tests.factories.chat import make_conversation, make_message
from tests.factories.geo import make_pickup
from tests.factories.matches import make_match, make_receipt
from tests.factories.moderation import decide, report
from tests.factories.people import client_of, make_user
from tests.geo.bodies import pickup_body
from tests.pictures import encoded, two_colours, upload

REPORTS = "/api/v1/reports"
SECRET = "I know where you live"


def send(client: APIClient, **fields: Any) -> Any:
    return client.post(REPORTS, {"reason": "fraud"} | fields)


class TestReports:
    def test_a_person_is_reported(self, client: APIClient, user: User) -> None:
        other = make_user()

        answer = send(client, user=str(other.pk), subject="pickup:1", text="Took it and did not pay.")

        assert answer.status_code == 201
        row = Report.objects.get()
        assert answer.json()["id"] == str(row.pk)
        assert (row.reporter, row.reported, row.kind, row.handled_at) == (user, other, "person", None)

    def test_the_second_is_answered_as_the_first(self, client: APIClient) -> None:
        other = make_user()

        first, second = (send(client, user=str(other.pk), reason=reason) for reason in ("rude", "spam"))

        assert (second.status_code, first.json()) == (201, second.json())
        assert (Report.objects.count(), Case.objects.get().reports) == (1, 1)

    def test_reports_of_one_thing_make_one_case(self, db: None) -> None:
        pickup = make_pickup()

        for reason in ("spam", "dangerous", "other"):
            report("pickup", pickup.pk, reason=reason)

        case = Case.objects.get()
        assert (case.reports, case.severity, case.person) == (3, Case.Severity.HIGH, pickup.resident)
        assert case.due_at > read_clock()
        assert Evidence.objects.count() == 1

    def test_another_report_opens_a_handled_case_again(self, db: None) -> None:
        pickup = make_pickup()
        report("pickup", pickup.pk)
        decide(Case.objects.get(), "nothing")
        assert Report.objects.get().outcome == "unfounded"

        report("pickup", pickup.pk)

        assert (Case.objects.get().status, Case.objects.get().reports) == ("open", 2)

    def test_what_was_handled_is_reported_again(self, client: APIClient) -> None:
        about = {"subject": f"pickup:{make_pickup().pk}"}
        first = send(client, **about).json()
        decide(Case.objects.get(), "nothing")
        Pickup.objects.update(title="Weapons")

        second = send(client, reason="dangerous", text="Look again.", **about).json()

        assert (second["id"], second["text"]) == (first["id"], "Look again.")
        row, case = Report.objects.get(), Case.objects.get()
        assert (row.reason, row.outcome, row.handled_by, row.handled_at) == ("dangerous", "", None, None)
        assert (case.status, case.severity, case.reports) == ("open", Case.Severity.HIGH, 1)
        assert Evidence.objects.filter(content__title="Weapons").exists()

    @pytest.mark.parametrize("subject", ["person", "pickup", "message", "rating", "group"])
    def test_each_kind_concerns_its_author(self, db: None, subject: str) -> None:
        match = make_match()
        make_receipt(match)
        resident, collector = match.pickup.resident, match.collector
        message = make_message(make_conversation(resident, collector), collector)
        Rating.objects.create(match=match, rater=collector, rated=resident, stars=1, created_at=read_clock())
        group = Group.objects.create(name="Bad words", kind="other", keeper=collector, created_at=read_clock())
        ids = {"person": collector.pk, "message": message.pk, "rating": match.pk, "group": group.pk}
        reader = make_user() if subject in {"person", "group"} else resident
        if subject == "pickup":
            reader, ids["pickup"] = collector, match.pickup_id

        answer = send(client_of(reader), subject=f"{subject}:{ids[subject]}")

        assert answer.status_code == 201, answer.json()
        assert Case.objects.get().person == (resident if subject == "pickup" else collector)

    @pytest.mark.parametrize("subject", ["message", "rating", "pickup", "photo", "group", "person"])
    def test_what_one_cannot_see_is_not_found(self, client: APIClient, subject: str) -> None:
        match = make_match()
        message = make_message(make_conversation(match.pickup.resident, match.collector), match.collector)
        ids = {"message": message.pk, "pickup": match.pickup_id, "rating": match.pk}

        answer = send(client, subject=f"{subject}:{ids.get(subject, uuid.uuid4())}")

        assert (answer.status_code, Report.objects.count()) == (404, 0)

    def test_what_is_gone_meanwhile_is_about_the_person(self, client: APIClient) -> None:
        other = make_user()

        assert send(client, user=str(other.pk), subject=f"message:{uuid.uuid4()}").status_code == 201

        assert Case.objects.get().kind == "person"

    def test_a_person_is_reported_about_a_pickup_that_is_not_theirs(self, client: APIClient, user: User) -> None:
        match = make_match(make_pickup(resident=user))
        subject = f"pickup:{match.pickup_id}"

        assert send(client, user=str(match.collector_id), subject=subject).status_code == 201

        row = Report.objects.get()
        assert (row.kind, row.reported, row.subject) == ("person", match.collector, subject)

    def test_refuses_what_is_ones_own(self, client: APIClient, user: User) -> None:
        for fields in ({"user": str(user.pk)}, {"subject": f"pickup:{make_pickup(resident=user).pk}"}):
            answer = send(client, **fields)
            assert (answer.status_code, answer.json()["code"]) == (400, "about_yourself")

    def test_refuses_nothing_and_nobody(self, client: APIClient) -> None:
        assert send(client).json()["code"] == "nothing_reported"
        assert send(client, user=str(uuid.uuid4())).status_code == 404

    @pytest.mark.parametrize(
        "fields",
        [{"user": "x"}, {"user": None}, {"reason": "boring"}, {"text": "x" * 100_000}, {"text": "a\u0000"},
         {"subject": "x" * 61}],
    )  # fmt: skip
    def test_refuses_a_bad_shape(self, client: APIClient, fields: dict[str, Any]) -> None:
        answer = send(client, **{"user": str(make_user().pk)} | fields)

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, next(iter(fields)))


class TestEvidence:
    def test_keeps_a_message_that_is_deleted_a_minute_later(self, user: User) -> None:
        author = make_user()
        message = make_message(make_conversation(user, author), author, SECRET)
        report("message", message.pk, by=user)

        delete_message(
            user_id=author.pk, conversation_id=message.conversation_id, message_id=message.pk, now=read_clock()
        )

        message.refresh_from_db()
        assert (message.text, Evidence.objects.get().content["text"]) == ("", SECRET)
        assert SECRET not in client_of(author).get("/api/v1/me/export").content.decode()

    def test_keeps_a_copy_of_the_photos(self, user: User) -> None:
        pickup = make_pickup()
        upload(client_of(pickup.resident), pickup, encoded(two_colours()))
        report("pickup", pickup.pk, by=user)
        pickup.photos.all().delete()

        [copy] = EvidencePhoto.objects.all()

        assert Path(django_settings.PRIVATE_ROOT, str(copy.file.name)).read_bytes()[:2] == b"\xff\xd8"

    def test_is_kept_again_only_when_the_thing_has_changed(self, db: None) -> None:
        pickup = make_pickup()
        for title in ("Bottles", "Bottles", "Weapons"):
            type(pickup).objects.filter(pk=pickup.pk).update(title=title)
            report("pickup", pickup.pk)

        assert sorted(row.content["title"] for row in Evidence.objects.all()) == ["Bottles", "Weapons"]


class TestHolding:
    """New words and pictures of the lists wait for a look; their resident alone sees them."""

    @pytest.mark.parametrize("title", ["Old WEAPONS here", "w e a p o n s", "ｗｅａｐｏｎｓ", "wea\u200bpons"])
    def test_a_pickup_with_a_word_of_the_list_waits(self, db: None, settings: Settings, title: str) -> None:
        settings.HELD_WORDS = ["weapons"]

        own = client_of(make_user()).post("/api/v1/pickups", pickup_body(title=title)).json()

        assert (own["status"], Case.objects.get().reports) == ("on_hold", 0)
        decide(Case.objects.get(), "nothing")
        assert Pickup.objects.get().status == "open"

    def test_an_amended_pickup_waits_from_the_same_transaction_on(self, db: None, settings: Settings) -> None:
        settings.HELD_WORDS = ["weapons"]
        pickup = make_pickup()

        with transaction.atomic():
            changes = PickupChanges(note="Weapons too")
            own = amend_pickup(resident_id=pickup.resident_id, pickup_id=pickup.pk, changes=changes, now=read_clock())
            held = Pickup.objects.get().status, Case.objects.count()

        assert (own.status, held) == ("on_hold", ("on_hold", 1))

    def test_a_matched_pickup_takes_no_word_of_the_list(self, db: None, settings: Settings) -> None:
        settings.HELD_WORDS = ["weapons"]
        match = make_match()

        answer = client_of(match.pickup.resident).patch(f"/api/v1/pickups/{match.pickup_id}", {"note": "Weapons"})

        assert (answer.status_code, answer.json()["code"]) == (400, "held_word")
        match.refresh_from_db()
        assert (match.status, Case.objects.count()) == ("active", 0)

    def test_a_known_picture_waits(self, db: None) -> None:
        pickup, picture = make_pickup(), two_colours()
        first = upload(client_of(pickup.resident), pickup, encoded(picture)).json()
        with PickupPhoto.objects.get(pk=first["id"]).thumb.open() as thumb:
            KnownPicture.objects.create(dhash=dhash_of(thumb.read()))
        other = make_pickup()

        upload(client_of(other.resident), other, encoded(picture.resize((333, 250)), "PNG"))

        assert Case.objects.get().kind == "photo"
        assert Pickup.objects.get(pk=other.pk).hidden_at is not None
