"""The admin shows what is stored, and is read-only."""

import pytest
from django.test import Client

from backend.accounts.models import User
from notifications.models import Push
from notifications.periodic import record_run
from tests.factories.notifications import NOON, deliver_to, make_device, make_message_notice, tell


@pytest.mark.parametrize("name", ["device", "event", "eventcounter", "push", "periodicrun"])
class TestAdmin:
    def test_lists_what_there_is(self, superuser: Client, user: User, name: str) -> None:
        make_device(user, value="a-secret-address")
        tell(make_message_notice(user, "secret words"))
        deliver_to(user)
        record_run(name="notifications.wake", now=NOON)
        assert Push.objects.exists()

        page = superuser.get(f"/admin/notifications/{name}/")

        assert page.status_code == 200
        assert "1 " in page.content.decode()
        assert "secret" not in page.content.decode()

    def test_adds_nothing(self, superuser: Client, name: str) -> None:
        assert superuser.get(f"/admin/notifications/{name}/add/").status_code == 403
