"""The rules of a city: numbers that a city may want to change, from the environment (docs/operations.md)."""

from backend.configuration import BASE_DIR, env

GRID_SIZE_M = env.int("GRID_SIZE_M", default=300)
# West, south, east, north, in degrees: Thailand.
SERVICE_AREA = tuple(env.list("SERVICE_AREA", cast=float, default=[97.3, 5.6, 105.7, 20.5]))
DECK_SIZE = env.int("DECK_SIZE", default=20)
DECK_SIZE_MAX = env.int("DECK_SIZE_MAX", default=50)
DECK_OF_ONE_RESIDENT = env.int("DECK_OF_ONE_RESIDENT", default=3)  # cards, so that nobody fills a deck alone
RADIUS_DEFAULT_M = env.int("RADIUS_DEFAULT_M", default=5_000)
RADIUS_MIN_M = env.int("RADIUS_MIN_M", default=500)
RADIUS_MAX_M = env.int("RADIUS_MAX_M", default=50_000)
PICKUP_DAYS = env.int("PICKUP_DAYS", default=7)
PICKUP_DAYS_MAX = env.int("PICKUP_DAYS_MAX", default=30)
PICKUP_ITEMS_MAX = env.int("PICKUP_ITEMS_MAX", default=20)
PICKUP_KG_MAX = env.int("PICKUP_KG_MAX", default=5_000)
PICKUP_PIECES_MAX = env.int("PICKUP_PIECES_MAX", default=100_000)
PICKUP_MOVES_MAX = env.int("PICKUP_MOVES_MAX", default=5)  # to another square
PHOTOS_MAX = env.int("PHOTOS_MAX", default=6)
ORPHAN_AGE_H = env.int("ORPHAN_AGE_H", default=24)  # a younger file may still get its row
PHOTO_BYTES_MAX = env.int("PHOTO_BYTES_MAX", default=10_000_000)
PHOTO_PIXELS_MAX = env.int("PHOTO_PIXELS_MAX", default=50_000_000)
PHOTO_SIDE_MAX = env.int("PHOTO_SIDE_MAX", default=16_384)
PHOTO_MEMORY_MAX = env.int("PHOTO_MEMORY_MAX", default=125_000_000)  # bytes, to decode one photo; one at a time
PHOTO_WAIT_S = env.int("PHOTO_WAIT_S", default=25)  # for its turn
PHOTO_SIZES = {"large": 1600, "thumb": 400}
MESSAGE_CHARACTERS_MAX = env.int("MESSAGE_CHARACTERS_MAX", default=2_000)
MESSAGE_PHOTOS_MAX = env.int("MESSAGE_PHOTOS_MAX", default=100)
CHAT_MINUTES_AFTER_END = env.int("CHAT_MINUTES_AFTER_END", default=60)  # to write after a match ended without handover
LOCATION_MINUTES = env.int("LOCATION_MINUTES", default=60)
LOCATION_MINUTES_MAX = env.int("LOCATION_MINUTES_MAX", default=480)
MESSAGE_DELETE_MINUTES = env.int("MESSAGE_DELETE_MINUTES", default=5)
LIKES_WAITING_MAX = env.int("LIKES_WAITING_MAX", default=20)
MATCHES_ACTIVE_MAX = env.int("MATCHES_ACTIVE_MAX", default=5)
# A match shows the exact place: who gave back this many within a day gets no more first-come pickups.
GIVEN_BACK_A_DAY_MAX = env.int("GIVEN_BACK_A_DAY_MAX", default=10)
# A runner-up whose like is older must consent before it becomes a match, within this time.
CONSENT_AFTER_H = env.int("CONSENT_AFTER_H", default=2)
CONSENT_MINUTES = env.int("CONSENT_MINUTES", default=30)
EXPIRY_WARNING_H = env.int("EXPIRY_WARNING_H", default=24)
# Passes that are needed before a resident gets advice.
ADVICE_PASSES_MIN = env.int("ADVICE_PASSES_MIN", default=3)
# Collectors within these metres are notified of a new pickup after these minutes (`metres@minutes`).
RINGS = [
    (int(metres), int(minutes))
    for metres, minutes in (
        ring.split("@") for ring in env.list("RINGS", default=["1000@0", "2000@10", "5000@30", "10000@60", "20000@120"])
    )
]
RING_COLLECTORS_MAX = env.int("RING_COLLECTORS_MAX", default=200)
RING_LIKES_ENOUGH = env.int("RING_LIKES_ENOUGH", default=7)
RING_ACTIVE_DAYS = env.int("RING_ACTIVE_DAYS", default=90)
HANDOVER_CODE_TRIES = env.int("HANDOVER_CODE_TRIES", default=5)
RATING_DAYS = env.int("RATING_DAYS", default=14)
RATINGS_SHOWN_FROM = env.int("RATINGS_SHOWN_FROM", default=3)
# What an appointment's record looks back on, what is late, and when a release comes too late.
RELIABILITY_DAYS = env.int("RELIABILITY_DAYS", default=90)
LATE_AFTER_MINUTES = env.int("LATE_AFTER_MINUTES", default=15)
LATE_RELEASE_MINUTES = env.int("LATE_RELEASE_MINUTES", default=60)
# Strikes (days on which others waited in vain) that lead to a warning and to a pause: within STRIKE_DAYS, and spread
# over at least STRIKE_WEEKS_MIN weeks.
STRIKE_DAYS = env.int("STRIKE_DAYS", default=28)
STRIKE_WEEKS_MIN = env.int("STRIKE_WEEKS_MIN", default=2)
STRIKES_TO_WARN = env.int("STRIKES_TO_WARN", default=2)
STRIKES_TO_PAUSE = env.int("STRIKES_TO_PAUSE", default=3)
PAUSE_DAYS = env.int("PAUSE_DAYS", default=7)
# Groups one person may be in; members of one; from how many on strangers read its totals; names that members read.
GROUPS_MAX = env.int("GROUPS_MAX", default=5)
GROUP_MEMBERS_MAX = env.int("GROUP_MEMBERS_MAX", default=5_000)
GROUP_SHOWN_FROM = env.int("GROUP_SHOWN_FROM", default=5)
GROUP_PEOPLE_SHOWN = env.int("GROUP_PEOPLE_SHOWN", default=200)
# Hours after the window in which one-time codes are valid, and after their entry in which they may be sent in.
HANDOVER_CODE_GRACE_H = env.int("HANDOVER_CODE_GRACE_H", default=12)
HANDOVER_CODE_LATE_H = env.int("HANDOVER_CODE_LATE_H", default=72)
# Arrival: the radius, the worst GPS accuracy, how early before the agreed time, and how long to wait for a no-show.
ARRIVAL_RADIUS_M = env.int("ARRIVAL_RADIUS_M", default=100)
ARRIVAL_ACCURACY_MAX_M = env.int("ARRIVAL_ACCURACY_MAX_M", default=100)
ARRIVAL_EARLY_MINUTES = env.int("ARRIVAL_EARLY_MINUTES", default=60)
# How long after the handover a party can propose to correct its receipt.
RECEIPT_CORRECTION_DAYS = env.int("RECEIPT_CORRECTION_DAYS", default=90)
# A weight must be confirmed when it differs from the estimate by this many kilograms and by this factor.
WEIGH_IN_DIFFERENCE_KG = env.int("WEIGH_IN_DIFFERENCE_KG", default=2)
WEIGH_IN_FACTOR = env.int("WEIGH_IN_FACTOR", default=3)
NO_SHOW_WAIT_MINUTES = env.int("NO_SHOW_WAIT_MINUTES", default=5)
# When both are reminded of an agreed time: the evening before, at this time in the city, and these minutes before it.
REMINDER_EVENING = env.str("REMINDER_EVENING", default="19:00")
REMINDER_MINUTES = env.int("REMINDER_MINUTES", default=60)
# When both get the question whether everything is all right: after the agreed time, or a later arrival. And the police.
CHECK_IN_MINUTES = env.int("CHECK_IN_MINUTES", default=45)
EMERGENCY_NUMBER = env.str("EMERGENCY_NUMBER", default="191")
SHARE_HOURS = env.int("SHARE_HOURS", default=4)  # that the link of a trusted person works after the time agreed
HANDOVER_MINUTES = env.int("HANDOVER_MINUTES", default=30)  # how long one takes, for the calendar
# Where households can take hazardous waste besides; see geo/data/drop_off.toml.
DROP_OFF_FILE = env.str("DROP_OFF_FILE", default=str(BASE_DIR / "geo" / "data" / "drop_off.toml"))
SCALE_PHOTOS_MAX = env.int("SCALE_PHOTOS_MAX", default=4)
DEVICES_MAX = env.int("DEVICES_MAX", default=10)
# Days without a sign of life after which a device gets no more pushes, and after which it is deleted.
DEVICE_STALE_DAYS = env.int("DEVICE_STALE_DAYS", default=30)
DEVICE_DAYS = env.int("DEVICE_DAYS", default=270)
EMAIL_CODES_A_DAY = env.int("EMAIL_CODES_A_DAY", default=5)  # for one account, and to one address
PUSH_WITHDRAWALS_AN_HOUR = env.int("PUSH_WITHDRAWALS_AN_HOUR", default=0)  # to one device; 0: none
NEARBY_PUSHES_A_DAY = env.int("NEARBY_PUSHES_A_DAY", default=3)
DIGEST_AT = env.str("DIGEST_AT", default="18:00")  # for the other new pickups nearby
QUIET_FROM = env.str("QUIET_FROM", default="20:00")
QUIET_UNTIL = env.str("QUIET_UNTIL", default="08:00")
PUSH_WAIT_S = env.int("PUSH_WAIT_S", default=2)
# How long a worker's lease on people lasts; if the worker is killed, another one takes them after that.
PUSH_LEASE_S = env.int("PUSH_LEASE_S", default=60)
# How long a deliver job polls for more; one begins every second.
PUSH_LISTEN_S = env.float("PUSH_LISTEN_S", default=1)
LONG_POLL_S = env.int("LONG_POLL_S", default=25)
LONG_POLLS_MAX = env.int("LONG_POLLS_MAX", default=4)
LONG_POLLS_EACH_MAX = env.int("LONG_POLLS_EACH_MAX", default=2)  # of one person
MINIMUM_AGE = env.int("MINIMUM_AGE", default=18)  # sign-up asks for it
ERASURE_GRACE_DAYS = env.int("ERASURE_GRACE_DAYS", default=14)  # to take it back; 0 erases at once
# How long what agreements need is kept once they are over: the exact place, messages, photos and times as evidence.
PLACE_DAYS = env.int("PLACE_DAYS", default=30)
CHAT_DAYS = env.int("CHAT_DAYS", default=365)
EVIDENCE_DAYS = env.int("EVIDENCE_DAYS", default=365)
REPORT_DAYS = env.int("REPORT_DAYS", default=730)  # after a report was handled
CONSENT_DAYS = env.int("CONSENT_DAYS", default=730)  # after the account was erased
STAFF_LOG_DAYS = env.int("STAFF_LOG_DAYS", default=730)
EXPORT_DAYS = env.int("EXPORT_DAYS", default=7)  # that the copy of somebody's data can be fetched
EVENT_DAYS = env.int("EVENT_DAYS", default=30)
HEARTBEAT_S = env.int("HEARTBEAT_S", default=15)
SOCKET_FRAMES_PER_S = env.int("SOCKET_FRAMES_PER_S", default=30)
SOCKETS_MAX = env.int("SOCKETS_MAX", default=20)  # open at a time, of one account
SOCKETS_SESSION_MAX = env.int("SOCKETS_SESSION_MAX", default=5)
SOCKET_SEND_TIMEOUT_S = env.int("SOCKET_SEND_TIMEOUT_S", default=10)
IDEMPOTENCY_HOURS = env.int("IDEMPOTENCY_HOURS", default=48)
TICKET_S = env.int("TICKET_S", default=30)
CO2E_FACTOR_SET = env.str("CO2E_FACTOR_SET", default="less")
# Medians of what was paid are shown for this many complete months, if there are enough receipts, residents and
# collectors; near a place they are of a square with sides of this many metres on the map.
PRICE_MONTHS = env.int("PRICE_MONTHS", default=6)
PRICE_RECEIPTS_MIN = env.int("PRICE_RECEIPTS_MIN", default=5)
PRICE_RESIDENTS_MIN = env.int("PRICE_RESIDENTS_MIN", default=3)
PRICE_COLLECTORS_MIN = env.int("PRICE_COLLECTORS_MIN", default=3)
PRICE_AREA_M = env.int("PRICE_AREA_M", default=6_000)
# The open feed publishes sums of so many residents and collectors at least, so many days after a week has ended.
FEED_RESIDENTS_MIN = env.int("FEED_RESIDENTS_MIN", default=5)
FEED_COLLECTORS_MIN = env.int("FEED_COLLECTORS_MIN", default=3)
FEED_DELAY_DAYS = env.int("FEED_DELAY_DAYS", default=7)
BOARD_PRICE_DAYS = env.int("BOARD_PRICE_DAYS", default=90)  # an older list of a shop is not shown
RATE_LIMITS = {
    "sign_in": env.str("RATE_SIGN_IN", default="30/minute"),
    "write": env.str("RATE_WRITE", default="300/minute"),
    "read": env.str("RATE_READ", default="1200/minute"),
    "join": env.str("RATE_JOIN", default="20/minute"),
    "photo": env.str("RATE_PHOTO", default="60/minute"),
    "print": env.str("RATE_PRINT", default="60/minute"),
    "message": env.str("RATE_MESSAGE", default="120/minute"),  # over HTTP and all sockets together
    "first_message": env.str("RATE_FIRST_MESSAGE", default="60/day"),  # to people one has not written to
    "like": env.str("RATE_LIKE", default="200/hour"),
    "pickup": env.str("RATE_PICKUP", default="30/day"),
    "pickup_square": env.str("RATE_PICKUP_SQUARE", default="10/day"),  # of one person in one square
    "report": env.str("RATE_REPORT", default="20/day"),
    # Passwords and codes of staff that one account, and one address, may try.
    "staff_account": env.str("RATE_STAFF_ACCOUNT", default="10/15 minutes"),
    "staff_address": env.str("RATE_STAFF_ADDRESS", default="40/15 minutes"),
}
# An account younger than this may do only this share of what RATE_MESSAGE, _LIKE, _PICKUP and so on allow.
NEW_ACCOUNT_DAYS = env.int("NEW_ACCOUNT_DAYS", default=7)
NEW_ACCOUNT_SHARE = env.float("NEW_ACCOUNT_SHARE", default=0.5)
# Hours that moderators have for a case; days to appeal against an act; days that evidence is kept after a case was
# handled.
REPORT_HOURS = env.int("REPORT_HOURS", default=24)
APPEAL_DAYS = env.int("APPEAL_DAYS", default=30)
CASE_EVIDENCE_DAYS = env.int("CASE_EVIDENCE_DAYS", default=365)
# Words that hold a new pickup for review, with commas between them; and how many bits of a photo's hash may differ
# from a known picture's.
HELD_WORDS = env.list("HELD_WORDS", default=[])
KNOWN_PICTURE_BITS = env.int("KNOWN_PICTURE_BITS", default=6)
STAFF_SIGN_INS = env.int("STAFF_SIGN_INS", default=2)  # passwords that one process checks at a time
