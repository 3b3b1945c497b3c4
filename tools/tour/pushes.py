"""The end: who was not looking has been reached."""

from tools.tour.cast import Cast
from tools.tour.checks import expect
from tools.tour.posting import ACCESS_NOTE, ADDRESS


async def show_pushes(cast: Cast) -> None:
    """Who was not looking has been reached; who looked has been left alone."""
    cast.screen.step("The pushes to the phones that were not looking", "การแจ้งเตือนถึงคนที่ไม่ได้เปิดแอป")
    if not cast.pushes.path:
        cast.screen.note("This server's worker prints or sends them elsewhere: look at its console, or at Firebase.")
        return
    # Anan: the end of the first pickup, and his turn at the other two.
    await cast.pushes.wait_for(cast.anan, 3)
    for phone in (cast.malee, cast.anan):
        for push in cast.pushes.blocks_of(phone):
            secrets = [ADDRESS, ACCESS_NOTE, str(cast.home.lat), str(cast.home.lon)]
            expect("exact places in a push", [secret for secret in secrets if secret in " ".join(push)], [])
            phone.say(f"🔔 {' · '.join(push)}")
    expect("pushes to Somchai, who looked at his app all the time", cast.pushes.blocks_of(cast.somchai), [])
    cast.somchai.say("none: he had the app open all the time")
