"""The daily mail about unread events."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from procrastinate.contrib.django import app
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.accounts.services.safety import block_person
from backend.core.clock import read_clock
from notifications import relevance
from notifications.models import CodeLimit, EmailAddress, Event, PeriodicRun, Preferences
from notifications.services.email import (
    TRIES_MAX,
    code_of,
    delete_old_code_limits,
    mail_code,
    send_due_digests,
    unsubscribe_url,
)
from notifications.services.inbox import acknowledge
from notifications.services.preferences import mute_topic
from tests.factories.notifications import NOON, make_message_notice, make_notice, tell
from tests.factories.people import client_of, make_user
from tests.notifications.conftest import work

EMAIL, VERIFY, CHOICES = "/api/v1/me/email", "/api/v1/me/email/verify", "/api/v1/me/notifications"
EVENING = NOON + timedelta(hours=6)


def make_reader(user: User) -> EmailAddress:
    """A user with a verified address, at 18:00."""
    Preferences.objects.create(user=user, email=True)
    return EmailAddress.objects.create(
        user=user, address="a@b.example", verified_at=NOON, code_sent_at=NOON, digest_due_at=EVENING
    )


class TestAddress:
    @pytest.mark.parametrize(("locale", "words"), [("th", "รหัสของคุณคือ"), ("en", "Your code is")])
    def test_is_verified_by_a_code_that_is_mailed(self, transactional_db: None, locale: str, words: str) -> None:
        reader = make_user(locale=locale)
        client = client_of(reader)
        assert client.put(EMAIL, {"address": "a@b.example"}).json() == {"address": "a@b.example", "verified_at": None}
        work()

        (sent,) = mail.outbox
        assert sent.to == ["a@b.example"]
        assert words in sent.body
        code = re.findall(r"\d{6}", str(sent.body))[0]
        assert client.post(VERIFY, {"code": code}).json()["verified_at"]
        assert client.post(VERIFY, {"code": code}).status_code == 200
        assert client.get(CHOICES).json()["email"] is True
        assert EmailAddress.objects.get().digest_due_at

    @pytest.mark.parametrize("typed", ["{0}-{1}", "{0} {1}", " {0}{1}\u200b"])
    def test_takes_the_code_in_thai_digits_with_a_hyphen(self, client: APIClient, user: User, typed: str) -> None:
        client.put(EMAIL, {"address": "a@b.example"})
        code = code_of(EmailAddress.objects.get()).translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))

        answer = client.post(VERIFY, {"code": typed.format(code[:3], code[3:])})

        assert answer.status_code == 200
        assert answer.json()["verified_at"]
        assert EmailAddress.objects.get().tries == 0

    @pytest.mark.django_db
    def test_says_why_a_thai_name_before_the_at_is_refused(self) -> None:
        answer = client_of(make_user(locale="th")).put(EMAIL, {"address": "สมชาย@ไทย.ไทย"})

        error = answer.json()["errors"][0]
        assert (answer.status_code, error["field"], error["code"]) == (400, "address", "local_part_not_ascii")
        assert "หน้า @" in error["detail"]

    @pytest.mark.parametrize(
        ("typed", "address"),
        [
            ("somchai@ไทย.ไทย", "somchai@ไทย.ไทย"),
            (" somchai@mail.example\u200b", "somchai@mail.example"),
            ("\u202asomchai＠mail.example\u202c", "somchai@mail.example"),
        ],
    )
    def test_takes_an_address_as_phones_paste_it(self, client: APIClient, typed: str, address: str) -> None:
        assert client.put(EMAIL, {"address": typed}).json()["address"] == address

    def test_takes_no_other_code(self, client: APIClient, user: User) -> None:
        client.put(EMAIL, {"address": "a@b.example"})
        code = code_of(EmailAddress.objects.get())
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        for _ in range(TRIES_MAX):
            answer = client.post(VERIFY, {"code": wrong})
            assert (answer.status_code, answer.json()["code"]) == (400, "email_code_wrong")

        assert client.post(VERIFY, {"code": code}).status_code == 400

    def test_takes_no_code_of_long_ago(self, client: APIClient) -> None:
        client.put(EMAIL, {"address": "a@b.example"})
        EmailAddress.objects.update(code_sent_at=read_clock() - timedelta(minutes=31))

        assert client.post(VERIFY, {"code": code_of(EmailAddress.objects.get())}).status_code == 400

    def test_is_mailed_one_code_a_minute(self, client: APIClient) -> None:
        client.put(EMAIL, {"address": "a@b.example"})

        answer = client.put(EMAIL, {"address": "c@d.example"})

        assert (answer.status_code, answer.json()["code"]) == (429, "code_sent_lately")
        assert answer.headers["Retry-After"] == "60"

    def test_deleting_the_address_does_not_end_the_pause(self, client: APIClient) -> None:
        client.put(EMAIL, {"address": "a@b.example"})
        client.delete(EMAIL)

        answer = client.put(EMAIL, {"address": "c@d.example"})

        assert (answer.status_code, answer.json()["code"]) == (429, "code_sent_lately")
        assert not EmailAddress.objects.exists()

    def test_six_accounts_cannot_mail_one_address_at_once(self, transactional_db: None) -> None:
        written = ["a@b.example", "A@b.example", "a@B.EXAMPLE", "a+1@b.example", "a@b.example", "a+x+y@b.example"]

        answers = [client_of(make_user()).put(EMAIL, {"address": address}) for address in written]
        work()

        assert [answer.status_code for answer in answers] == [200, 429, 429, 429, 429, 429]
        assert len(mail.outbox) == 1
        assert client_of(make_user()).put(EMAIL, {"address": "b@b.example"}).status_code == 200

    @pytest.mark.parametrize("by", ["account", "address"])
    def test_is_mailed_so_many_codes_a_day_however_often_it_is_deleted(
        self, client: APIClient, settings: Settings, by: str
    ) -> None:
        settings.EMAIL_CODES_A_DAY = 2

        def put(number: int) -> Any:
            CodeLimit.objects.update(last_at=read_clock() - timedelta(minutes=1))
            phone = client if by == "account" else client_of(make_user())
            phone.delete(EMAIL)
            return phone.put(EMAIL, {"address": f"{number}@b.example" if by == "account" else "a@b.example"})

        answers = [put(number) for number in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].json()["code"] == "too_many_codes"
        assert 86_000 < int(answers[2].headers["Retry-After"]) <= 86_400
        CodeLimit.objects.update(first_at=read_clock() - timedelta(days=1))
        assert put(3).status_code == 200

    def test_keeps_no_address_to_count_and_forgets_the_count_after_a_day(self, client: APIClient) -> None:
        client.put(EMAIL, {"address": "a@b.example"})

        assert all(re.fullmatch("[0-9a-f]{64}", subject) for subject in CodeLimit.objects.values_list("pk", flat=True))
        assert delete_old_code_limits(now=read_clock()) == 0
        assert delete_old_code_limits(now=read_clock() + timedelta(days=1)) == 2

    def test_is_mailed_nothing_before(self, client: APIClient, user: User) -> None:
        client.put(EMAIL, {"address": "a@b.example"})

        answer = client.patch(CHOICES, {"email": True})

        assert (answer.status_code, answer.json()["code"]) == (409, "no_email_address")

    def test_can_be_forgotten(self, client: APIClient, user: User) -> None:
        make_reader(user)

        assert [client.delete(EMAIL).status_code for _ in range(2)] == [204, 204]
        assert client.get(EMAIL).status_code == 404
        assert client.get(CHOICES).json()["email"] is False
        mail_code(user_id=user.pk)
        assert mail.outbox == []

    @pytest.mark.parametrize("address", ["", "nobody", "a@", "a@b.example\nBcc: c@d.example", 7, None])
    def test_refuses_what_is_none(self, client: APIClient, address: object) -> None:
        assert client.put(EMAIL, {"address": address}).status_code == 400
        assert not EmailAddress.objects.exists()

    def test_is_refused_where_the_city_sends_none(self, client: APIClient, settings: Settings) -> None:
        settings.HAS_EMAIL = False

        assert client.put(EMAIL, {"address": "a@b.example"}).json()["code"] == "email_unavailable"

    def test_is_ones_own(self, client: APIClient, anonymous: APIClient) -> None:
        make_reader(make_user())

        assert client.get(EMAIL).status_code == client.post(VERIFY, {"code": "123456"}).status_code == 404
        assert {anonymous.get(EMAIL).status_code, anonymous.post(VERIFY).status_code} == {401}


class TestDigest:
    def test_tells_what_is_unread(self, user: User) -> None:
        make_reader(user)
        notice = make_message_notice(user, "12 Soi Ari")
        tell(make_notice(user), notice, notice)

        assert send_due_digests(clock=lambda: EVENING) == 1

        (sent,) = mail.outbox
        assert sent.subject == "Tinder for Trash: 2 new things"
        assert "You have 1 new message." in str(sent.body) or "You have 2 new messages." in str(sent.body)
        assert "Soi" not in str(sent.message())
        assert "It is a match" in str(sent.alternatives[0][0])  # type: ignore[attr-defined]

    def test_speaks_thai(self, db: None) -> None:
        reader = make_user(locale="th")
        make_reader(reader)
        tell(make_notice(reader))

        send_due_digests(clock=lambda: EVENING)

        assert "จับคู่สำเร็จแล้ว" in str(mail.outbox[0].body)
        assert "มีเรื่องใหม่ 1 เรื่อง" in mail.outbox[0].subject

    def test_tells_everything_once(self, user: User) -> None:
        row = make_reader(user)
        tell(make_notice(user))
        send_due_digests(clock=lambda: EVENING)
        row.refresh_from_db()
        assert row.digest_due_at == EVENING + timedelta(days=1)
        tell(make_notice(user, "pickup.expired"))

        send_due_digests(clock=lambda: EVENING)
        assert send_due_digests(clock=lambda: EVENING + timedelta(days=1)) == 1

        assert "It is a match" not in str(mail.outbox[1].body)

    def test_is_not_sent_for_nothing_or_against_a_wish(self, user: User) -> None:
        make_reader(user)
        make_reader(other := make_user())
        tell(make_notice(other))
        Preferences.objects.filter(user=other).update(email=False)

        assert send_due_digests(clock=lambda: EVENING) == 0
        assert mail.outbox == []

    def test_is_tried_again_later_and_holds_up_nobody(
        self, user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_reader(user)
        tell(make_notice(user))
        settings.EMAIL_BACKEND, working = "django.core.mail.backends.smtp.EmailBackend", settings.EMAIL_BACKEND
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        assert send_due_digests(clock=lambda: EVENING) == 0
        assert EmailAddress.objects.get().digest_due_at == EVENING + timedelta(hours=1)

        settings.EMAIL_BACKEND = working
        assert send_due_digests(clock=lambda: EVENING + timedelta(hours=1)) == 1

        assert mail.outbox[0].extra_headers["Message-ID"].startswith("<digest-")

    def test_keeps_to_the_rules_of_pushes(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        make_reader(user)
        Preferences.objects.update(likes=False)
        monkeypatch.setattr(relevance, "_checks", {"pickup.nearby": ("pickup", lambda ids: set())})
        block_person(blocker=user, blocked=(blocked := make_user()), now=NOON)
        tell(muted := make_message_notice(user), make_message_notice(user, by=blocked.pk))
        mute_topic(user_id=user.pk, topic=muted.collapse_key, until=None, now=NOON)
        tell(make_notice(user, "pickup.expired"), make_notice(user, "pickup.nearby"), make_notice(user))
        acknowledge(user_id=user.pk, seq=5)
        Event.objects.update(pushed_at=NOON)

        send_due_digests(clock=lambda: EVENING)

        assert mail.outbox[0].subject == "Tinder for Trash: 1 new thing"
        assert "It is a match" in str(mail.outbox[0].body)

    def test_takes_words_for_words(self, user: User) -> None:
        make_reader(user)
        User.objects.update(shown_name="<i>Ann")
        tell(make_notice(user, data={"title": "<b>Cans & more"}))

        send_due_digests(clock=lambda: EVENING)

        (sent,) = mail.outbox
        assert isinstance(sent, mail.EmailMultiAlternatives)
        page = str(sent.alternatives[0][0])
        assert "&lt;b&gt;Cans &amp; more" in page
        assert "&lt;i&gt;Ann" in page
        assert "<b>Cans & more" in str(sent.body)

    def test_is_a_periodic_task(self, transactional_db: None) -> None:
        app.tasks["notifications.digests"].defer(timestamp=0)

        work()

        assert PeriodicRun.objects.filter(name="notifications.digests").exists()


class TestUnsubscribe:
    def test_is_one_click(self, user: User, anonymous: APIClient) -> None:
        make_reader(user)
        tell(make_notice(user))
        send_due_digests(clock=lambda: EVENING)
        headers = mail.outbox[0].extra_headers
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = "/unsubscribe/" + headers["List-Unsubscribe"].strip("<>").rpartition("/")[2]

        assert anonymous.get(path).status_code == 200
        assert Preferences.objects.get().email is True
        answer = anonymous.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")

        assert answer.status_code == 200
        assert Preferences.objects.get().email is False

    def test_speaks_thai(self, anonymous: APIClient, user: User) -> None:
        path = unsubscribe_url(user.pk).partition("8000")[2]

        page = anonymous.get(path, headers={"Accept-Language": "th"}).content.decode()

        assert "ไม่ต้องส่งอีเมลแบบนี้อีก" in page

    def test_takes_no_token_of_nobodys(self, anonymous: APIClient) -> None:
        assert anonymous.post("/unsubscribe/nonsense").status_code == 404
