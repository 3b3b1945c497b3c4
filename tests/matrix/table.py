"""What is expected: a body for each operation, who may reach which object, and where private text may appear."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from backend.core.clock import read_clock
from tests.geo.bodies import pickup_body, spelled
from tests.matrix.world import COLLECTORS, PARTNERS, ROLES, SMALL

HERE = {"lat": 13.7307, "lon": 100.5418}
NOBODY = str(uuid.UUID(int=7))
FIGURES = {"lines": [{"material": "pet_clear", "gross_kg": 2.5, "tare_kg": 0.5}], "paid": 10}


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", SMALL, "image/jpeg")


def body_of(operation: str) -> dict[str, Any]:
    """A valid body, or the query of a GET."""
    bodies: Mapping[str, Any] = {
        "sign_in": {"provider": "demo", "phone": "+66812345678"},
        "link_identity": {"provider": "demo", "phone": "+66812345679"},
        "amend_me": {"display_name": "Ann"},
        "report_person": {"user": NOBODY, "reason": "spam"},
        "appeal_act": {"text": "It was not me."},
        "devices_register": {"value": "token", "platform": "android"},
        "email_set": {"address": "a@b.example"},
        "email_verify": {"code": "000000"},
        "notifications_choose": {"quiet_from": "20:00"},
        "found_group": {"name": "Baan Suan", "kind": "building"},
        "join_group": {"code": "AAAABBBB"},
        "post_pickup": pickup_body(),
        "amend_pickup": {"title": "In three bags"},
        "put_collector": {"service_point": HERE},
        "get_deck": HERE,
        "get_square": HERE,
        "swipe_pickup": {"direction": "like"},
        "release_match": {"reason": "other"},
        "check_in": {"answer": "ok"},
        "propose_time": {"at": spelled(read_clock() + timedelta(hours=2))},
        "arrive": HERE,
        "weigh_in": FIGURES,
        "dispute_weigh_in": FIGURES,
        "propose_correction": FIGURES,
        "accept_figures": {"version": 1},
        "accept_correction": {"version": 1},
        "decline_correction": {"version": 1},
        "rate_match": {"stars": 5},
        "messages_send": {"client_id": str(uuid.uuid4()), "text": "Hello"},
        "record_consent": {"purpose": "age", "version": str(settings.MINIMUM_AGE), "is_given": True, "channel": "app"},
        "photos_send": {"client_id": str(uuid.uuid4()), "photo": photo()},
        "add_photo": {"photo": photo()},
        "add_scale_photo": {"photo": photo()},
        "conversations_read": {"seq": 1},
        "events_acknowledge": {"seq": 1},
        "events_read": {"up_to": 1},
    }
    return dict(bodies.get(operation, {}))


SIGNED_IN = frozenset(ROLES) - {"anonymous", "leaving", "signed_out"}
# What somebody whom moderators suspended may do, besides reading what others in their place read.
SUSPENDED_MAY = """
    sign_in sign_out end_session end_other_sessions issue_ticket erase_me put_block appeal_act devices_register
    devices_forget events_acknowledge events_read inbox_read inbox_read_all request_export
    """
OPEN_TO_SUSPENDED = frozenset(SUSPENDED_MAY.split())
BLOCKED = {"blocked_before", "blocked_during"}
# Operations that each group of people may reach; everybody else gets 404, and who is not signed in 401.
REACH: Mapping[str, str] = {
    "everybody": "get_config sign_in",
    "everybody but with an old token": "list_drop_off_points list_materials list_phrases list_prices",
    "signed in": """
        list_sessions end_other_sessions sign_out list_blocks put_block delete_block conversations_list get_deck
        devices_list devices_register events_list events_acknowledge events_read list_groups found_group join_group
        get_city_impact get_city_impact_months get_my_impact get_my_impact_months inbox_list inbox_read_all inbox_unread
        list_matches get_me amend_me erase_me get_collector put_collector email_read email_set email_forget email_verify
        export_me list_consents record_consent list_identities link_identity unlink_identity list_my_likes line_state
        line_code line_unlink request_export
        notifications_choices notifications_choose get_reliability list_pickups post_pickup issue_ticket get_square
        list_acts
        """,
    "parties": """
        get_match accept_figures agree_time arrive get_calendar confirm_handover dispute_weigh_in report_no_show set_off
        add_scale_photo show_scale_photo show_scale_photo_thumb propose_time weigh_in rate_match propose_correction
        accept_correction decline_correction release_match get_receipt get_receipt_pdf conversations_read_one
        messages_list messages_send messages_get messages_delete messages_photo_large messages_photo_thumb
        conversations_muted conversations_mute conversations_unmute photos_send conversations_read remove_scale_photo
        leave_match check_in share_handover stop_sharing_handover
        """,
    "owner": """
        amend_pickup cancel_pickup extend_pickup list_likes accept_like decline_like add_photo remove_photo post_rest
        end_session devices_forget inbox_read
        """,
    "members": "get_group renew_group_code leave_group get_group_impact get_group_impact_months",
    "readers": "get_pickup",
    "swipers": "get_swipe",
    "not blocked": "swipe_pickup take_swipe_back",
    "nobody here": "get_block report_person appeal_act get_export get_export_file",
}
# What depends on the state of the pickup, besides its owner and their partner.
READERS = {"open": {"liker"}, "live": {"matched", "runner_up"}, "done": {"matched"}, "ended": set(), "cut": set()}
SWIPERS = {"open": {"liker"}, "live": {"matched", "runner_up"}, "done": {"matched"}, "ended": {"former"}, "cut": set()}
# Only who added it removes it; taking back an earlier swipe stays possible after a block; the suspended have a notice
# of their own under the same number.
EXCEPTIONS = {
    ("inbox_read", "self"): {"owner", "suspended"},
    ("remove_scale_photo", "live"): {"owner"},
    ("take_swipe_back", "cut"): SIGNED_IN - {"blocked_before"},
}
GROUP_OF = {operation: group for group, operations in REACH.items() for operation in operations.split()}


def partner_of(scene: str) -> set[str]:
    """Who was matched in this scene."""
    return {role} if (role := PARTNERS.get(scene)) else set()


def who_may(operation: str, scene: str) -> set[str]:
    """The roles that reach the object. Raises KeyError for an operation without a row."""
    by_group = {
        "everybody": set(ROLES),
        "everybody but with an old token": SIGNED_IN | {"anonymous"},
        "signed in": SIGNED_IN,
        "parties": {"owner", *partner_of(scene)},
        "owner": {"owner"},
        "members": {"owner", "matched"},
        "readers": {"owner", *READERS.get(scene, ())},
        "swipers": SWIPERS.get(scene, set()),
        "not blocked": SIGNED_IN - BLOCKED,
        "nobody here": set(),
    }
    return set(EXCEPTIONS.get((operation, scene), by_group[GROUP_OF[operation]]))


OWN_PICKUP = "get_pickup list_pickups amend_pickup extend_pickup cancel_pickup post_pickup"
MATCH = """
    get_match list_matches accept_like accept_figures agree_time arrive confirm_handover dispute_weigh_in report_no_show
    set_off propose_time weigh_in rate_match propose_correction accept_correction decline_correction release_match
    leave_match check_in get_calendar
    """
# Where each kind of private text may appear; for its owner only, unless SHARED_WITH_PARTNER says more.
PLACES: Mapping[str, str] = {
    "address": OWN_PICKUP + MATCH,
    "access note": OWN_PICKUP + MATCH,
    "point": OWN_PICKUP + MATCH,
    "note": OWN_PICKUP + MATCH,
    "code": MATCH,
    "message": "events_list messages_list messages_get conversations_list conversations_read_one messages_delete",
    "shared point": "messages_list messages_get",
    "phone": "get_me amend_me list_identities",
    "surname": "get_me",
    "email": "email_read email_verify",
    "service point": "get_collector",
    "report": "",
    "group code": "list_groups get_group",
}
SHARED_WITH_PARTNER = {
    "address": {"live"},
    "access note": {"live"},
    "point": {"live"},
    "note": {"live", "done", "ended", "cut"},
    "message": {"live", "done", "ended", "cut"},
    "shared point": {"live", "done"},
}


def may_read(kind: str, where: str, operation: str, role: str) -> bool:
    """Whether a response of this operation to this role may hold the private text of `where`, a scene or a person."""
    if operation != "export_me" and operation not in PLACES[kind].split():
        return False
    if kind == "group code":
        return role in {"owner", "matched"}
    owner = where if where in COLLECTORS else "owner"
    return role == owner or (where in SHARED_WITH_PARTNER.get(kind, ()) and role in partner_of(where))
