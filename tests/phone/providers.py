"""Firebase and LINE as the browser of a phone meets them: their scripts, pages and addresses, answered by the test."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Route

from tests.firebase_endpoint import id_token
from tests.line_issuer import LineIssuer

# The part of reCAPTCHA that Firebase uses; like the real one it puts a frame and styles into the page.
RECAPTCHA = """
const widgets = [];
window.grecaptcha = {
  render(container, parameters) {
    if (container.hasChildNodes()) throw new Error('reCAPTCHA has already been rendered in this element');
    container.innerHTML =
      '<iframe title="reCAPTCHA" src="https://www.google.com/recaptcha/api2/anchor" style="width: 256px"></iframe>';
    return widgets.push(parameters) - 1;
  },
  execute: (id) => ANSWERS && setTimeout(() => widgets[id].callback('person')),
  getResponse: () => '',
  reset() {},
};
const query = new URL(document.currentScript.src).searchParams;
window[query.get('onload')]();
"""
# The part of LIFF that the app uses: https://developers.line.biz/en/reference/liff/.
LIFF = """
const query = new URLSearchParams(location.search);
const isInClient = / LIFF\\b/.test(navigator.userAgent);
let token = null;
window.liff = {
  async init({ liffId }) {
    if (query.has('error')) throw new Error(query.get('error'));
    if (isInClient || query.has('code')) {
      const answer = await fetch('https://api.line.me/oauth2/v2.1/token', { method: 'POST', body: liffId });
      token = (await answer.json()).id;
    }
    if (query.has('liff.state')) {
      location.replace(query.get('liff.state'));
      await new Promise(() => {});
    }
  },
  isInClient: () => isInClient,
  isLoggedIn: () => token !== null,
  getIDToken: () => token,
  getDecodedIDToken: () => JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))),
  logout: () => (token = null),
  login({ redirectUri }) {
    location.href = 'https://access.line.me/liff/v1/authorize?redirect_uri=' + encodeURIComponent(redirectUri);
  },
};
"""


@dataclass
class Google:
    """Firebase's phone sign-in: the code of every number is 123456.

    `refusals` maps an operation to the error it answers with; `asked` lists operations with their bodies.
    """

    uid: str = "uid-1"
    refusals: dict[str, str] = field(default_factory=dict)
    captcha_answers: bool = True
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    phone: str = ""

    def serve(self, context: BrowserContext) -> None:
        context.route("https://www.google.com/recaptcha/**", self._recaptcha)
        context.route("https://identitytoolkit.googleapis.com/**", self._identitytoolkit)

    def operations(self, name: str) -> list[dict[str, str]]:
        return [body for operation, body in self.asked if operation == name]

    def _recaptcha(self, route: Route) -> None:
        if "api.js" not in route.request.url:
            return route.fulfill(content_type="text/html", body="<!doctype html><title>reCAPTCHA</title>")
        script = RECAPTCHA.replace("ANSWERS", json.dumps(self.captcha_answers))
        return route.fulfill(content_type="text/javascript", body=script)

    def _identitytoolkit(self, route: Route) -> None:
        operation = urlsplit(route.request.url).path.rpartition("/")[2].rpartition(":")[2]
        body = json.loads(route.request.post_data or "{}")
        self.asked.append((operation, body))
        refusal = self.refusals.get(operation)
        if operation == "signInWithPhoneNumber" and body["code"] != "123456":
            refusal = "INVALID_CODE"
        if refusal == "no network":
            return route.abort()
        if refusal:
            return _answer(route, {"error": {"code": 400, "message": refusal}}, status=400)
        return _answer(route, self._result(operation, body))

    def _result(self, operation: str, body: dict[str, str]) -> dict[str, object]:
        if operation == "recaptchaParams":
            return {"recaptchaSiteKey": "site", "producerProjectNumber": "1"}
        if operation == "sendVerificationCode":
            self.phone = body["phoneNumber"]
            return {"sessionInfo": "session"}
        if operation == "signInWithPhoneNumber":
            token = id_token(self.uid, phone_number=self.phone)
            return {"idToken": token, "refreshToken": "refresh", "expiresIn": "3600", "localId": self.uid}
        return {"users": [{"localId": self.uid, "phoneNumber": self.phone}]} if operation == "lookup" else {}


@dataclass
class Line:
    """LINE Login: its page asks whether the person allows the app."""

    issuer: LineIssuer
    line_id: str = "U1"
    nonce: str | None = None
    works: bool = True

    def serve(self, context: BrowserContext) -> None:
        context.route("https://static.line-scdn.net/liff/**", self._script)
        context.route("https://access.line.me/liff/v1/authorize?**", self._page)
        context.route("https://api.line.me/**", self._token)

    def _script(self, route: Route) -> None:
        if not self.works:
            return route.abort()
        return route.fulfill(content_type="text/javascript", body=LIFF)

    def _page(self, route: Route) -> None:
        back = parse_qs(urlsplit(route.request.url).query)["redirect_uri"][0]
        back += "&" if "?" in back else "?"
        route.fulfill(
            content_type="text/html; charset=utf-8",
            body=f"""<!doctype html><title>LINE</title>
            <a href="{back}code=1&state=2&liffClientId=3">Allow</a>
            <a href="{back}error=access_denied&error_description=no&liffOAuth2Error=true">Cancel</a>""",
        )

    def _token(self, route: Route) -> None:
        _answer(route, {"id": self.issuer.id_token(self.line_id, nonce=self.nonce, name="Malee Jaidee")})


def _answer(route: Route, body: object, status: int = 200) -> None:
    route.fulfill(status=status, json=body, headers={"Access-Control-Allow-Origin": "*"})
