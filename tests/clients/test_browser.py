"""The SDK in a real browser: IndexedDB, two tabs, an hour without a network, and a reload."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import BrowserContext, Page, sync_playwright

from backend.accounts.models import User
from chat.models import Conversation
from tests.chat.processes import running_process
from tests.clients.nodes import run_node_tool
from tests.factories.chat import make_conversation
from tests.factories.people import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
# The test itself serves the page, so Chromium takes it for one of the internet, which may not reach 127.0.0.1.
OPTIONS = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]
HTML = {"body": "<!doctype html><title>SDK</title>", "content_type": "text/html"}
OPEN = """async () => {
    const sdk = await import('/sdk.js');
    const session = await sdk.Session.open({baseUrl: location.origin, store: sdk.webStore('session')});
    const outbox = await sdk.Outbox.open({session});
    const realtime = new sdk.Realtime({session, reload: async () => {}});
    const heard = [];
    realtime.on('event', ({event, data}) => event === 'message.sent' && heard.push(data.message.text));
    realtime.start();
    sdk.followPage(realtime, outbox);
    Object.assign(window, {session, outbox, realtime, heard});
}"""
SEND = "([talk, text]) => outbox.sendMessage(talk, {kind: 'text', text}).then(() => null)"
SEND_PHOTO = """async (talk) => {
    const canvas = new OffscreenCanvas(64, 64);
    canvas.getContext('2d').fillRect(0, 0, 9, 9);
    await outbox.sendPhoto(talk, await canvas.convertToBlob({type: 'image/jpeg'}));
}"""

READ = """async (talk) => {
    const params = {path: {conversation_id: talk}};
    const {data} = await session.api.GET('/api/v1/conversations/{conversation_id}/messages', {params});
    const messages = data.results.sort((one, other) => one.seq - other.seq);
    return [messages.map(({text}) => text), messages.map(({kind}) => kind)];
}"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK as one file."""
    folder = tmp_path_factory.mktemp("sdk")
    options = ["--config", "bundle.config.ts", "--outDir", str(folder)]
    run_node_tool("vite/bin/vite.js", "build", *options, package="typescript")
    return folder / "sdk.js"


@pytest.fixture
def ann(db: None) -> User:
    return make_user(phone="+66812345678")


@pytest.fixture
def talk(ann: User) -> Conversation:
    return make_conversation(ann, make_user())


@pytest.fixture
def service(redis_prefix: str, tmp_path: Path) -> Iterator[str]:
    """The URL of the service."""
    places = {"MEDIA_ROOT": str(tmp_path / "media"), "PRIVATE_ROOT": str(tmp_path / "private")}
    with running_process(redis_prefix, **places) as (_, server):
        yield f"http://{server}"


@pytest.fixture
def phone(service: str, bundle: Path, talk: Conversation) -> Iterator[BrowserContext]:
    """A browser; the page `/sdk` has the SDK. Nothing may use the database meanwhile."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine; bin/setup --dev installs it where it can")
    connection.close()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        context = browser.new_context(base_url=service)
        context.route("**/sdk", lambda route: route.fulfill(**HTML))
        context.route("**/sdk.js", lambda route: route.fulfill(path=bundle, content_type="text/javascript"))
        yield context
        browser.close()


def open_tab(phone: BrowserContext) -> Page:
    tab = phone.new_page()
    tab.goto("/sdk")
    tab.evaluate(OPEN)
    return tab


def wait_for(tab: Page, condition: str, argument: Any = None) -> None:
    tab.wait_for_function(condition, arg=argument)


def test_what_two_tabs_write_without_a_network_is_sent_once(phone: BrowserContext, talk: Conversation) -> None:
    first, second = open_tab(phone), open_tab(phone)
    first.evaluate("() => session.signIn({provider: 'demo', phone: '+66812345678'}).then(() => null)")
    for tab in (first, second):
        wait_for(tab, "() => session.state === 'signed_in' && realtime.state === 'live'")

    phone.set_offline(True)
    for tab, text in zip((first, second, first, second), "1234", strict=True):
        tab.evaluate(SEND, [str(talk.pk), text])
    first.evaluate(SEND_PHOTO, str(talk.pk))
    for tab in (first, second):
        wait_for(tab, "() => outbox.entries.length === 5")
    first.reload()
    first.evaluate(OPEN)
    wait_for(first, "() => outbox.entries.length === 5")
    phone.set_offline(False)

    for tab in (first, second):
        wait_for(tab, "() => outbox.entries.length === 0")
        wait_for(tab, "() => realtime.state === 'live'")
    wait_for(second, "() => heard.length === 5")
    texts, kinds = second.evaluate(READ, str(talk.pk))
    assert second.evaluate("() => heard.slice(0, 4)") == texts[:4] == ["1", "2", "3", "4"]
    assert kinds == ["text"] * 4 + ["photo"]
