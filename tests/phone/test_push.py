"""Pushes to browsers: asked for by the person, registered with the session, shown, and opened by a tap."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from backend.accounts.models import User
from backend.core.clock import read_clock
from geo.models import Match
from notifications.models import Device
from notifications.selectors.recipients import reachable_devices
from tests.factories.matches import make_match
from tests.factories.people import agree
from tests.phone.phone import Phone
from tests.waits import wait_until

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
GOOGLE = re.compile(r"https://(firebaseinstallations|fcmregistrations)\.googleapis\.com/")
WEB_APP = {
    "api_key": "key",
    "app_id": "1:2:web:3",
    "auth_domain": "town.example",
    "project_id": "town",
    "messaging_sender_id": "2",
    "vapid_key": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
}
# A browser without a network has no push service.
SUBSCRIBE = """
    const keys = new Uint8Array(65).buffer;
    PushManager.prototype.subscribe = async () => ({
        endpoint: 'https://push.example/1', getKey: () => keys, options: {applicationServerKey: keys},
    });
"""


@pytest.fixture
def match(transactional_db: None) -> Match:
    return make_match()


def configure(route: Route) -> None:
    """The configuration of the service, with a web app at Firebase."""
    response = route.fetch()
    config = response.json()
    config["sign_in"]["firebase"] = WEB_APP
    route.fulfill(response=response, json=config)


def answer_as_google(route: Route) -> None:
    token: Any = {"token": "address-of-this-browser"}
    if "installations" in route.request.url:
        auth = {"token": "a.b.c", "expiresIn": "604800s"}
        token = {"fid": "c0000000000000000000ab", "refreshToken": "r", "authToken": auth}
    route.fulfill(json=token, headers={"Access-Control-Allow-Origin": "*"})


def open_configured(open_phone: OpenPhone, user: User) -> Page:
    phone = open_phone(user=user, permissions=["notifications"], bypass_csp=True, service_workers="allow")
    phone.context.add_init_script(SUBSCRIBE)
    phone.context.route("**/api/v1/config", configure)
    phone.context.route(GOOGLE, answer_as_google)
    return phone.page


def turn_on(page: Page) -> None:
    with page.expect_response("**/api/v1/devices"):
        page.get_by_label("On this phone").check()


def test_an_address_is_registered_and_ends_with_the_session(match: Match, open_phone: OpenPhone) -> None:
    page = open_configured(open_phone, match.collector)
    page.goto("/me/notifications")

    turn_on(page)
    assert Device.objects.get(user=match.collector).value == "address-of-this-browser"
    page.goto("/me")
    assert reachable_devices(user_ids=[match.collector_id], now=read_clock()).exists()
    with page.expect_response("**/api/v1/auth/sign-out"):
        page.get_by_role("button", name="Sign out").click()

    assert not reachable_devices(user_ids=[match.collector_id], now=read_clock()).exists()


def test_it_is_turned_off(match: Match, open_phone: OpenPhone) -> None:
    page = open_configured(open_phone, match.collector)
    page.goto("/me/notifications")
    turn_on(page)

    page.reload()
    with page.expect_response("**/api/v1/devices/*"):
        page.get_by_label("On this phone").uncheck()

    assert not Device.objects.filter(user=match.collector).exists()


def test_nothing_is_offered_without_a_web_app(match: Match, open_phone: OpenPhone) -> None:
    page = open_phone(user=match.collector).open("/me/notifications")

    expect(page.get_by_label("Phones and browsers")).to_be_visible()
    expect(page.get_by_label("On this phone")).to_have_count(0)


def tap_push(phone: Phone, link: str) -> None:
    """Receive a push with this link, and tap it."""
    page = phone.page
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    worker = phone.context.service_workers[0]
    registrations: list[str] = []
    devtools = phone.context.new_cdp_session(page)
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(registration["registrationId"] for registration in event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    while not registrations:
        page.wait_for_timeout(10)
    notification = {"title": "You have a match", "body": "With Nok", "tag": "match"}
    payload = json.dumps({"notification": notification, "data": {"link": link}})

    push = {"origin": phone.service, "registrationId": registrations[0], "data": payload}
    devtools.send("ServiceWorker.deliverPushMessage", push)

    shown = "() => self.registration.getNotifications().then((all) => all.map(({title, body}) => [title, body]))"
    wait_until(lambda: worker.evaluate(shown) == [["You have a match", "With Nok"]])
    worker.evaluate("""async () => {
        const [notification] = await self.registration.getNotifications();
        self.dispatchEvent(new NotificationEvent('notificationclick', {notification}));
    }""")
    wait_until(lambda: worker.evaluate(shown) == [])


@pytest.mark.parametrize(("link", "path"), [("/matches/{match}", "/matches/{match}"), ("/nowhere/at/all", "/inbox")])
def test_a_tap_opens_the_link_of_a_push(link: str, path: str, match: Match, open_phone: OpenPhone) -> None:
    phone = open_phone(user=match.collector, permissions=["notifications"], service_workers="allow")
    page = phone.open("/deck")

    tap_push(phone, link.format(match=match.pk))

    expect(page).to_have_url(re.compile(re.escape(path.format(match=match.pk)) + "$"))


def test_a_tap_while_signed_out_opens_it_after_signing_in(match: Match, open_phone: OpenPhone) -> None:
    agree(match.collector)
    User.objects.filter(pk=match.collector_id).update(phone="+66812345679")
    phone = open_phone(permissions=["notifications"], service_workers="allow")
    page = phone.open("/welcome")

    tap_push(phone, f"/matches/{match.pk}")
    expect(page).to_have_url(re.compile("next="))
    page.get_by_text("Use your own phone number").click()
    page.get_by_label("Phone number").fill("081 234 5679")
    page.get_by_role("button", name="Continue").click()

    expect(page).to_have_url(re.compile(f"/matches/{match.pk}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(match.pickup.title)
