"""The other way to match, where Malee picks among those who like it; and what happens when her choice cannot come."""

from tools.tour.cast import Cast
from tools.tour.checks import expect
from tools.tour.matching import LIKE
from tools.tour.phone import Json
from tools.tour.posting import pickup_of


async def let_her_choose(cast: Cast) -> None:
    """Malee's phone is in the pocket while two like it; her first choice cannot come, so she chooses again."""
    cast.screen.step("Malee posts again; this time she will choose", "มาลีประกาศอีกครั้ง คราวนี้เลือกเอง")
    await cast.malee.lose_socket()
    pickup = await _post(cast, title="กระดาษสำนักงาน", choose="resident")
    cast.malee.say("puts the phone away")
    for place, phone in enumerate((cast.somchai, cast.anan), start=1):
        swipe = await phone.ask("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
        expect(f"{phone.label}: place in line", (swipe["match"], swipe["queue_position"]), (None, place))
        phone.say(f"likes it; number {place} in line")
    cast.screen.step("Malee looks at who likes it, and picks", "มาลีดูว่าใครสนใจ แล้วเลือก")
    await cast.pushes.wait_for(cast.malee, 1)
    await cast.malee.open_socket()
    match = await _accept(cast, pickup, ["Somchai", "Anan"])
    await cast.somchai.sees("match.made", pickup=pickup["id"])
    await _give_back(cast, match)
    await _accept(cast, pickup, ["Anan"])
    await cast.anan.has_read_of("match.made", pickup=pickup["id"])


async def promote_the_runner_up(cast: Cast) -> None:
    """On a first-come pickup nobody need choose again: who waits in line moves up."""
    cast.screen.step("First come, first served: Somchai is quicker again", "ใครมาก่อนได้ก่อน สมชายไวกว่าอีกแล้ว")
    pickup = await _post(cast, title="กล่องพัสดุ", choose="first")
    swipe = await cast.somchai.ask("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    match = await cast.somchai.ask("GET", f"/matches/{swipe['match']['id']}")
    await cast.malee.sees("match.made", match=match["id"])
    waiting = await cast.anan.ask("PUT", f"/pickups/{pickup['id']}/swipe", LIKE)
    expect("Anan's place in the queue", waiting["queue_position"], 1)
    cast.anan.say("number 1 in line")
    await _give_back(cast, match)
    seen = await cast.malee.sees("match.made", pickup=pickup["id"])
    promoted = await cast.anan.ask("GET", f"/matches/{seen['data']['match']}")
    expect("the exact place, for the promoted runner-up", promoted["location"], cast.home.as_json())
    cast.anan.say(f"his turn, without a tap: {promoted['address']}")


async def _post(cast: Cast, *, title: str, choose: str) -> Json:
    draft = pickup_of(cast.home, title=title, choose=choose)
    pickup = await cast.malee.ask("POST", "/pickups", draft, status=201)
    cast.malee.say(f"posts “{pickup['title']}”")
    return pickup


async def _accept(cast: Cast, pickup: Json, expected: list[str]) -> Json:
    likes = (await cast.malee.ask("GET", f"/pickups/{pickup['id']}/likes"))["results"]
    names = [like["collector"]["first_name"] for like in likes]
    expect("who likes it, first come first", names, expected)
    cast.malee.say(f"{' and '.join(names)} would come; she picks {names[0]}")
    match = await cast.malee.ask("POST", f"/pickups/{pickup['id']}/likes/{likes[0]['id']}/accept")
    await cast.malee.sees("match.made", pickup=pickup["id"])
    return match


async def _give_back(cast: Cast, match: Json) -> None:
    cast.screen.step("Somchai cannot come", "สมชายมาไม่ได้")
    released = await cast.somchai.ask("POST", f"/matches/{match['id']}/release", {"reason": "cannot_come"})
    expect("Somchai's match", released["status"], "released")
    expect("the address, on Somchai's phone from now on", released["address"], None)
    await cast.malee.sees("match.released", match=match["id"], reason="cannot_come")
