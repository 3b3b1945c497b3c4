"""Signing in by a code in a message and with LINE, and linking both; Google and LINE are the test's own."""

import json
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_django import DjangoDbBlocker

from backend.accounts.models import Consent, User
from backend.core.clock import read_clock
from tests.chat.processes import running_process
from tests.factories.people import make_user
from tests.firebase_endpoint import PROJECT, FirebaseEndpoint, running_endpoint, write_service_account
from tests.line_issuer import CHANNEL_ID, CHANNEL_SECRET, LineIssuer, running_issuer
from tests.phone.phone import Phone, accept_texts
from tests.phone.providers import Google, Line

OpenPhone = Callable[..., Phone]
pytestmark = pytest.mark.slow
INSIDE_LINE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 Line/14.1.0 LIFF"
WEB_CONFIG = {"apiKey": "key", "appId": "1:2:web:3", "authDomain": "city.example", "projectId": PROJECT}


@pytest.fixture(scope="module")
def firebase() -> Iterator[FirebaseEndpoint]:
    """What the Admin SDK of the service asks; it takes it for the emulator of Firebase."""
    with running_endpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def issuer() -> Iterator[LineIssuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def service(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    firebase: FirebaseEndpoint,
    issuer: LineIssuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A service with a Firebase project and a LINE channel instead of the demo sign-in."""
    account = tmp_path_factory.mktemp("firebase") / "account.json"
    write_service_account(account, firebase)
    settings = {
        "ENVIRONMENT": "development",
        "FIREBASE_AUTH_EMULATOR_HOST": firebase.url.removeprefix("http://"),
        "FIREBASE_PROJECT_ID": PROJECT,
        "GOOGLE_APPLICATION_CREDENTIALS": str(account),
        "FIREBASE_WEB_CONFIG": json.dumps(WEB_CONFIG),
        "LINE_LOGIN_CHANNEL_ID": CHANNEL_ID,
        "LINE_LOGIN_CHANNEL_SECRET": CHANNEL_SECRET,
        "LINE_LOGIN_ISSUER": issuer.url,
        "LINE_LIFF_ID": f"{CHANNEL_ID}-abcd",
        "PUSH_BACKEND": "memory",
    }
    prefix = f"test:sign-in-{uuid.uuid4().hex[:8]}:"
    with django_db_blocker.unblock(), running_process(prefix, **settings) as (_, host):
        yield f"http://{host}"


@pytest.fixture
def google(firebase: FirebaseEndpoint) -> Google:
    """A Firebase user of their own for each test."""
    google = Google(uid=uuid.uuid4().hex)
    firebase.add_user(google.uid)
    return google


@pytest.fixture
def line(issuer: LineIssuer) -> Line:
    return Line(issuer, line_id=f"U{uuid.uuid4().hex}")


@pytest.fixture
def open_ready(open_phone: OpenPhone, google: Google, line: Line) -> OpenPhone:
    """Opens a phone that finds Google and LINE in its network."""

    def open_one(**options: object) -> Phone:
        phone = open_phone(**options)
        google.serve(phone.context)
        line.serve(phone.context)
        return phone

    return open_one


def ask_for_code(page: Page, number: str) -> None:
    page.get_by_label("Phone number", exact=True).fill(number)
    page.get_by_role("button", name="Send me a code").click()


def enter_code(page: Page, code: str) -> None:
    page.get_by_label("Code from the message").fill(code)
    page.get_by_role("button", name="Continue", exact=True).click()


def new_number() -> str:
    """A Thai mobile number that no other test has, in E.164."""
    return f"+668{uuid.uuid4().int % 10**8:08}"


class TestPhone:
    def test_a_code_in_a_message_makes_the_account(self, service: str, open_ready: OpenPhone, google: Google) -> None:
        number, phone = new_number(), open_ready()
        scripts: list[str] = []
        phone.page.on("request", lambda request: scripts.append(request.url))
        page = phone.open("/welcome?next=/me/profile")
        expect(page.get_by_role("heading", name="With your phone number")).to_be_visible()
        assert phone.violations() == []
        assert not [url for url in scripts if "firebase" in url or "google" in url], "loaded when it is used"

        thai_digits = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
        ask_for_code(page, f"0{number[3:5]} {number[5:8]}-{number[8:]}".translate(thai_digits))
        expect(page.get_by_text(f"We have sent a code to {number}.")).to_be_visible()
        expect(page.get_by_label("Code from the message")).to_be_focused()
        assert phone.violations() == []
        enter_code(page, "000000")
        expect(page.get_by_text("This is not the code.")).to_be_visible()
        page.get_by_label("Your name").fill("Malee Jaidee")
        enter_code(page, "๑๒๓ ๔๕๖")

        expect(page).to_have_url(f"{service}/me/profile")
        user = User.objects.get(phone=number)
        assert (user.firebase_uid, user.display_name, user.locale) == (google.uid, "Malee Jaidee", "en")
        assert google.operations("sendVerificationCode")[0]["recaptchaToken"] == "person"

    @pytest.mark.parametrize(
        ("refusal", "english", "thai"),
        [
            ("INVALID_PHONE_NUMBER", "not a phone number", "เบอร์โทรนี้ไม่ถูกต้อง"),
            ("TOO_MANY_ATTEMPTS_TRY_LATER", "Too many tries", "หลายครั้งเกินไป"),
            ("CAPTCHA_CHECK_FAILED", "check that you are a person", "ยืนยันไม่ได้ว่าคุณเป็นคนจริง"),
            ("OPERATION_NOT_ALLOWED", "does not work right now", "เข้าสู่ระบบทาง SMS ไม่ได้"),
            ("no network", "Check your connection", "ตรวจสัญญาณ"),
        ],
    )
    def test_says_why_no_code_was_sent(
        self, open_ready: OpenPhone, google: Google, refusal: str, english: str, thai: str
    ) -> None:
        page = open_ready().open("/welcome")
        google.refusals["sendVerificationCode"] = refusal

        ask_for_code(page, "081 234 5678")
        expect(page.get_by_role("alert")).to_contain_text(english)
        page.get_by_role("button", name="ไทย").click()
        expect(page.get_by_role("alert")).to_contain_text(thai)
        google.refusals.clear()
        page.get_by_role("button", name="ส่งรหัสให้ฉัน").click()

        expect(page.get_by_label("รหัสในข้อความ")).to_be_visible()

    def test_a_mistyped_number_is_not_sent(self, open_ready: OpenPhone, google: Google) -> None:
        page = open_ready().open("/welcome")

        ask_for_code(page, "081 23x")

        expect(page.get_by_role("alert")).to_contain_text("This is not a phone number.")
        assert google.asked == []

    def test_an_expired_code_is_followed_by_another_one(
        self, service: str, open_ready: OpenPhone, google: Google
    ) -> None:
        phone = open_ready(theme="dark")
        page = phone.open("/welcome")
        ask_for_code(page, new_number())
        expect(page.get_by_role("button", name="Send another code in")).to_be_disabled()
        google.refusals["signInWithPhoneNumber"] = "SESSION_EXPIRED"

        enter_code(page, "123456")
        expect(page.get_by_role("alert")).to_contain_text("This code has expired.")
        assert phone.violations() == []
        google.refusals.clear()
        page.get_by_role("button", name="Send another code", exact=True).click()
        expect(page.get_by_role("button", name="Send another code in")).to_be_visible()
        enter_code(page, "123456")

        expect(page).to_have_url(f"{service}/deck")
        assert len(google.operations("sendVerificationCode")) == 2

    def test_can_be_cancelled_while_recaptcha_waits(self, open_ready: OpenPhone, google: Google) -> None:
        google.captcha_answers = False
        page = open_ready().open("/welcome")
        ask_for_code(page, "081 234 5678")

        page.get_by_role("button", name="Cancel", exact=True).click()

        expect(page.get_by_text("Cancelled. No code has been sent.")).to_be_visible()
        expect(page.get_by_label("Phone number", exact=True)).to_have_value("081 234 5678")
        assert google.operations("sendVerificationCode") == []
        google.captcha_answers = True
        page.reload()
        ask_for_code(page, "081 234 5678")
        page.get_by_role("button", name="Use another number").click()
        ask_for_code(page, "081 234 5679")
        expect(page.get_by_text("We have sent a code to +66812345679.")).to_be_visible()

    def test_a_code_is_not_used_twice_when_the_service_is_away(
        self, service: str, open_ready: OpenPhone, google: Google, firebase: FirebaseEndpoint
    ) -> None:
        page = open_ready().open("/welcome")
        ask_for_code(page, new_number())
        firebase.down.add("accounts:lookup")

        enter_code(page, "123456")
        expect(page.get_by_text("We cannot verify who you are right now.")).to_be_visible()
        firebase.down.clear()
        page.get_by_role("button", name="Continue", exact=True).click()

        expect(page).to_have_url(f"{service}/deck")
        assert len(google.operations("signInWithPhoneNumber")) == 1

    def test_erasing_without_the_app_leads_through_it(self, service: str, open_ready: OpenPhone) -> None:
        page = open_ready().open("/erase")
        page.get_by_role("link", name="Sign in").click()

        ask_for_code(page, new_number())
        enter_code(page, "123456")

        expect(page).to_have_url(f"{service}/me/privacy")


class TestConsent:
    def test_somebody_new_accepts_and_is_asked_again_when_a_text_changes(
        self, service: str, open_ready: OpenPhone, line: Line
    ) -> None:
        phone = open_ready(user_agent=INSIDE_LINE)
        page = phone.open("/?liff.state=%2Fme%2Fdevices")
        expect(page.get_by_role("heading", name="Before you start")).to_be_visible()
        assert phone.violations() == []
        accept_texts(page)
        expect(page.get_by_role("heading", name="Before you start")).to_have_count(0)
        user = User.objects.get(line_id=line.line_id)
        assert {(one.purpose, one.channel) for one in user.consents.all()} == {
            ("age", "web"), ("privacy", "web"), ("terms", "web"),
        }  # fmt: skip

        Consent.objects.create(
            user=user, purpose="terms", version="2020-01-01", is_given=True, channel="web", at=read_clock()
        )
        page.evaluate("indexedDB.deleteDatabase('answers')")
        page.goto("/me/devices")

        expect(page.get_by_role("heading", name="A text has changed")).to_be_visible()
        page.get_by_label("I accept the").check()
        page.get_by_role("button", name="Continue", exact=True).click()
        expect(page.get_by_text("LINE, Android")).to_be_visible()


class TestLine:
    @pytest.mark.parametrize("nonce", [None, "n-0S6"])
    def test_goes_to_line_and_comes_back_signed_in(
        self, service: str, open_ready: OpenPhone, line: Line, nonce: str | None
    ) -> None:
        line.nonce = nonce
        page = open_ready().open("/welcome?next=/me/profile")

        page.get_by_role("button", name="Continue with LINE").click()
        page.get_by_role("link", name="Allow").click()

        expect(page).to_have_url(f"{service}/me/profile")
        user = User.objects.get(line_id=line.line_id)
        assert (user.display_name, user.phone) == ("Malee Jaidee", None)

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_says_when_it_was_cancelled(self, service: str, open_ready: OpenPhone, line: Line, theme: str) -> None:
        phone = open_ready(theme=theme, language="th")
        page = phone.open("/welcome")

        page.get_by_role("button", name="เข้าสู่ระบบด้วย LINE").click()
        page.get_by_role("link", name="Cancel").click()

        expect(page.get_by_role("alert")).to_have_text("เข้าสู่ระบบด้วย LINE ไม่สำเร็จ ลองอีกครั้ง")
        expect(page).to_have_url(f"{service}/welcome")
        assert phone.violations() == []

    def test_signs_in_by_itself_inside_line(self, service: str, open_ready: OpenPhone, line: Line) -> None:
        phone = open_ready(user_agent=INSIDE_LINE)

        page = phone.open("/?liff.state=%2Fme%2Fdevices")
        accept_texts(page)

        expect(page).to_have_url(f"{service}/me/devices")
        expect(page.get_by_text("LINE, Android")).to_be_visible()
        assert User.objects.filter(line_id=line.line_id).exists()

    def test_an_address_that_was_made_up_signs_nobody_in(self, service: str, open_ready: OpenPhone, line: Line) -> None:
        page = open_ready().open("/welcome?code=1&state=2&liffClientId=3")

        expect(page.get_by_role("button", name="Continue with LINE")).to_be_visible()
        expect(page).to_have_url(f"{service}/welcome")
        assert not User.objects.filter(line_id=line.line_id).exists()

    def test_says_when_the_script_does_not_load(self, open_ready: OpenPhone, line: Line) -> None:
        line.works = False
        page = open_ready().open("/welcome")

        page.get_by_role("button", name="Continue with LINE").click()
        expect(page.get_by_role("alert")).to_have_text("LINE has not signed you in. Try again.")
        line.works = True
        page.get_by_role("button", name="Continue with LINE").click()

        expect(page.get_by_role("link", name="Allow")).to_be_visible()


class TestLinking:
    def test_line_to_an_account_with_a_number_and_back(self, open_ready: OpenPhone, line: Line) -> None:
        user = make_user(phone=new_number())
        phone = open_ready(user=user)
        page = phone.open("/me/identities")

        page.get_by_role("button", name="Link LINE").click()
        page.get_by_role("link", name="Allow").click()

        expect(page.get_by_role("button", name="Remove: LINE")).to_be_visible()
        user.refresh_from_db()
        assert user.line_id == line.line_id
        assert phone.violations() == []
        page.get_by_role("button", name="Remove: LINE").click()
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_role("button", name="Link LINE")).to_be_visible()

    def test_a_number_to_an_account_of_line(self, open_ready: OpenPhone, google: Google, line: Line) -> None:
        user, number = make_user(phone=None, line_id=line.line_id), new_number()
        phone = open_ready(user=user)
        page = phone.open("/me/identities")

        page.get_by_role("button", name="Link a phone number").click()
        ask_for_code(page, number)
        expect(page.get_by_label("Your name")).to_have_count(0)
        assert phone.violations() == []
        enter_code(page, "123456")

        expect(page.get_by_role("button", name="Link a phone number")).to_have_count(0)
        expect(page.get_by_role("listitem").filter(has_text=number)).to_be_visible()
        user.refresh_from_db()
        assert (user.phone, user.firebase_uid) == (number, google.uid)

    def test_says_what_belongs_to_another_account(self, open_ready: OpenPhone, line: Line) -> None:
        make_user(line_id=line.line_id, is_staff=True)
        page = open_ready(user=make_user(phone=new_number())).open("/me/identities")

        page.get_by_role("button", name="Link LINE").click()
        page.get_by_role("link", name="Allow").click()

        expect(page.get_by_text("This sign-in belongs to another account.")).to_be_visible()
