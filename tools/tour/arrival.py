"""The beginning: what the server offers, signing in, sockets, devices, the collectors' profiles."""

from tools.tour.cast import Cast
from tools.tour.checks import Differs, expect, expect_that
from tools.tour.phone import Phone

# Equal times mean no quiet hours: the tour must look the same at night.
ALWAYS_AWAKE = {"quiet_from": "00:00:00", "quiet_until": "00:00:00"}


async def arrive(cast: Cast) -> None:
    """Everybody is signed in, and Malee and Somchai look at their phones."""
    await _read_config(cast)
    cast.screen.step("Three people sign in", "สามคนเข้าสู่ระบบ")
    for phone in (cast.malee, cast.somchai, cast.anan):
        await phone.sign_in()
    await _refuse_strangers(cast)
    cast.screen.step("The phones can be reached", "โทรศัพท์พร้อมรับข่าวสาร")
    for phone in (cast.malee, cast.somchai, cast.anan):
        await _register(phone)
    for phone in (cast.malee, cast.somchai):
        await phone.open_socket()
        phone.say("the app is open: one socket for everything")
    cast.anan.say("in the pocket: no socket, only pushes")
    cast.screen.step("The collectors say where they go and what they take", "ผู้รับซื้อบอกพื้นที่และสิ่งที่รับ")
    await _set_profile(cast.somchai, cast, vehicle="pickup", capacity_kg=400)
    await _set_profile(cast.anan, cast, vehicle="saleng", capacity_kg=80)


async def _read_config(cast: Cast) -> None:
    cast.screen.step("What the server offers", "สิ่งที่ระบบมีให้")
    config = await cast.malee.ask("GET", "/config")
    providers = config["sign_in"]["providers"]
    if "demo" not in providers:
        raise Differs("the tour needs throw-away accounts", "sign-in provider demo (no Firebase project)", providers)
    materials = await cast.malee.ask("GET", "/materials")
    names = [material["name"] for material in materials["results"]]
    cast.malee.say(f"sign in with {', '.join(providers)}; {len(names)} materials, {names[0]} first")
    languages = " and ".join(language["name"] for language in config["languages"])
    cast.malee.say(f"it speaks {languages}, and decides times in {config['time_zone']}")


async def _refuse_strangers(cast: Cast) -> None:
    """A door without a key."""
    stranger = Phone(cast.screen, str(cast.malee.http.base_url), name="Nobody", locale="en", colour="red")
    await stranger.is_refused("reads the deck without signing in", "401 token_missing", "GET", "/deck")
    stranger.http.headers["Authorization"] = "Bearer " + "0" * 64
    await stranger.is_refused("tries a made-up token", "401 token_invalid", "GET", "/deck")
    await stranger.close()


async def _register(phone: Phone) -> None:
    device = {"kind": "token", "value": phone.push_token, "platform": "android", "locale": phone.locale}
    answer = await phone.ask("POST", "/devices", device, status=201)
    expect_that(
        "a device's push address is told to nobody",
        phone.push_token not in str(answer),
        expected="no push address",
        actual=answer,
    )
    choices = await phone.ask("PATCH", "/me/notifications", ALWAYS_AWAKE)
    expect(f"{phone.label}: quiet hours", choices["quiet_from"], ALWAYS_AWAKE["quiet_from"])


async def _set_profile(phone: Phone, cast: Cast, *, vehicle: str, capacity_kg: int) -> None:
    profile = {
        "service_point": cast.yard.as_json(),
        "radius_m": 2_000,
        "materials": [],
        "vehicle": vehicle,
        "capacity_kg": capacity_kg,
        "bio": "",
        "available": True,
    }
    kept = await phone.ask("PUT", "/me/collector", profile)
    expect(f"{phone.label}: radius", kept["radius_m"], 2_000)
    phone.say(f"collects within {kept['radius_m']} m with a {vehicle}")
