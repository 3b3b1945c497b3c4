"""Cases about people: opened without a report, and what shows that several accounts are of one person."""

import pytest
from django.test import Client

from backend.accounts.identity import Identity
from backend.accounts.models import DeviceUse, User
from backend.accounts.services.account import erase_account
from backend.accounts.services.sign_in import sign_in
from backend.core.clock import read_clock
from backend.moderation.models import Case
from tests.factories.geo import make_pickup
from tests.factories.moderation import decide, make_case, make_moderator, report
from tests.factories.people import browser_of, client_of, make_user

pytestmark = pytest.mark.django_db
NOW = read_clock


@pytest.fixture
def moderator() -> Client:
    return browser_of(make_moderator())


def test_a_case_is_opened_about_a_person_whom_nobody_reported(moderator: Client) -> None:
    person = make_user(display_name="Somchai Jaidee")

    answer = moderator.post("/admin/moderation/case/add/", {"person": str(person.pk)})

    case = Case.objects.get()
    assert (answer["Location"], case.person) == (f"/admin/moderation/case/{case.pk}/change/", person)
    page = moderator.get(f"/admin/accounts/user/{person.pk}/change/").content.decode()
    assert f"/admin/moderation/case/add/?person={person.pk}" in page
    decide(case, "suspend", days=3)
    assert "restore" in moderator.get(answer["Location"]).content.decode()
    moderator.post("/admin/moderation/case/add/", {"person": str(person.pk)})
    assert Case.objects.get().status == "open"


def test_a_ban_is_taken_back_in_its_own_case(moderator: Client) -> None:
    pickup = make_pickup()
    report("pickup", pickup.pk)
    of_pickup, of_person = Case.objects.get(), make_case(pickup.resident)
    decide(of_pickup, "ban")

    def offers_restoring(case: Case) -> bool:
        page = moderator.get(f"/admin/moderation/case/{case.pk}/change/").content.decode()
        return 'value="restore"' in page

    assert [offers_restoring(of_pickup), offers_restoring(of_person)] == [True, False]


def test_several_accounts_on_one_device_are_shown(moderator: Client) -> None:
    def sign_in_on(device: str, name: str, phone: str) -> User:
        identity = Identity(phone=phone, name=name)
        return sign_in(identity=identity, installation=device, device_name="", now=NOW()).user

    one = sign_in_on("phone 1", "Malee", "+66812345671")
    two = sign_in_on("phone 1", "Prasit", "+66812345672")
    apart = sign_in_on("phone 2", "Wichai", "+66812345673")
    case = make_case(one)

    page = moderator.get(f"/admin/moderation/case/{case.pk}/change/").content.decode()

    assert (f"/admin/accounts/user/{two.pk}/change/" in page, "Wichai" in page) == (True, False)
    assert client_of(two).get("/api/v1/me").status_code == 200
    erase_account(user=two, now=NOW())
    assert set(DeviceUse.objects.values_list("user", flat=True)) == {one.pk, apart.pk}


def test_nobody_opens_a_case_about_themselves(moderator: Client) -> None:
    me = User.objects.get(role="moderator")

    assert b"errorlist" in moderator.post("/admin/moderation/case/add/", {"person": str(me.pk)}).content
    viewer = browser_of(make_user(is_staff=True, role="viewer"))
    assert viewer.get(f"/admin/moderation/case/add/?person={make_user().pk}").status_code == 403
    assert not Case.objects.exists()
