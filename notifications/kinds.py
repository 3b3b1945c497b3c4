"""Every kind of event: its category, its texts, and which earlier events it supersedes.

A new kind is one row here and its Thai text in `locale/th`. Texts contain no place and no chat message.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from notifications.links import Link

Text = str | Promise


class Category(StrEnum):
    """What a user can switch on or off: the name of a field of `Preferences`, and the Android channel."""

    CHAT = "chat"
    LIKES = "likes"
    MATCHES = "matches"
    HANDOVER = "handover"
    NEARBY = "nearby"


URGENT = frozenset({Category.CHAT, Category.MATCHES, Category.HANDOVER})
SOUNDLESS = frozenset({Category.NEARBY})
# How long a push service keeps a push for a phone that is off.
TTL_S: Mapping[Category, int] = {
    Category.CHAT: 86_400,
    Category.LIKES: 86_400,
    Category.MATCHES: 86_400,
    Category.HANDOVER: 6 * 3_600,
    Category.NEARBY: 2 * 3_600,
}
# How long an event stays worth a push or a line in the digest.
RELEVANT_S: Mapping[Category, int] = {
    Category.CHAT: 7 * 86_400,
    Category.LIKES: 3 * 86_400,
    Category.MATCHES: 7 * 86_400,
    Category.HANDOVER: 86_400,
    Category.NEARBY: 36 * 3_600,
}


class Meeting(StrEnum):
    """Whether a kind is about a meeting of two users, and how its day is known."""

    NONE = ""
    AT = "at"  # the day of the data's `at`
    NOW = "now"  # the day of the event


@dataclass(frozen=True, kw_only=True)
class EventKind:
    """`title` and `body` are filled with the event's data; a kind without them is never pushed.

    `link` is what a tap opens, filled with the data's ids. `until` names the time in the data at which the event
    expires. The event marks earlier events of the kinds in `supersedes` as read when both have the same id under
    `about`. `meeting` tells which events pass through quiet hours.
    """

    category: Category
    title: Text = ""
    body: Text = ""
    link: Link = Link.NONE
    until: str = ""
    about: str = ""
    supersedes: Collection[str] = ()
    meeting: Meeting = Meeting.NONE

    @property
    def is_urgent(self) -> bool:
        """Whether the user is expected to react now."""
        return self.category in URGENT

    @property
    def is_silent(self) -> bool:
        """Whether it is for open apps only."""
        return not self.title

    def expires_at(self, data: Mapping[str, Any], created_at: datetime) -> datetime:
        """When an event of this kind stops being worth a push."""
        latest = created_at + timedelta(seconds=RELEVANT_S[self.category])
        until = parse_time(data.get(self.until)) if self.until else None
        return min(until, latest) if until else latest


class UnknownEvent(LookupError):
    """No such kind of event: add it to `notifications.kinds`."""


class SilentEvent(ValueError):
    """This kind of event has no text, so it cannot be pushed."""


# The steps of a handover. They are superseded by a later step and by the end of the match.
HANDOVER_STEPS = (
    "handover.proposed",
    "handover.agreed",
    "handover.reminder",
    "handover.set_off",
    "handover.arrived",
    "handover.check_in",
    "handover.weighed_in",
    "handover.disputed",
    "handover.confirmed",
)

_STEP = EventKind(category=Category.HANDOVER, link=Link.MATCH, about="match", meeting=Meeting.NOW)
_APPOINTMENT = replace(_STEP, until="at", meeting=Meeting.AT)

KINDS: Mapping[str, EventKind] = {
    "message.sent": EventKind(
        category=Category.CHAT,
        title=_("New message"),
        body=ngettext_lazy("You have %(count)d new message.", "You have %(count)d new messages.", "count"),
        link=Link.CONVERSATION,
    ),
    "message.read": EventKind(category=Category.CHAT),
    "message.deleted": EventKind(category=Category.CHAT),
    "inbox.read": EventKind(category=Category.CHAT),
    "pickup.liked": EventKind(
        category=Category.LIKES,
        title=_("Somebody would like to collect"),
        body=ngettext_lazy(
            "%(count)d collector would like to take “%(title)s”.",
            "%(count)d collectors would like to take “%(title)s”.",
            "count",
        ),
        link=Link.LIKES,
    ),
    "match.made": EventKind(
        category=Category.MATCHES,
        title=_("It is a match"),
        body=_("“%(title)s”: write to each other and agree on a time."),
        link=Link.CONVERSATION,
        about="pickup",
        supersedes=("pickup.liked", "like.asked", "pickup.reopened", "pickup.expiring", "pickup.nearby"),
    ),
    "like.declined": EventKind(
        category=Category.LIKES,
        title=_("Not this time"),
        body=_("“%(title)s” goes to another collector. Thank you for offering."),
        link=Link.DECK,
        about="pickup",
        supersedes=("like.asked",),
    ),
    "pickup.closed": EventKind(
        category=Category.LIKES,
        title=_("No longer available"),
        body=_("“%(title)s” is no longer available. Thank you for waiting."),
        link=Link.DECK,
        about="pickup",
        supersedes=("like.asked", "pickup.reopened", "pickup.amended", "pickup.nearby"),
    ),
    "match.released": EventKind(
        category=Category.MATCHES,
        title=_("The match has ended"),
        body=_("The other side has given back the match for “%(title)s”."),
        link=Link.MATCH,
        about="match",
        supersedes=("match.made", *HANDOVER_STEPS),
    ),
    "handover.proposed": replace(
        _APPOINTMENT,
        title=_("A time is proposed"),
        body=_("%(at)s. Does it suit you?"),
        supersedes=("handover.proposed", "handover.agreed"),
    ),
    "handover.agreed": replace(
        _APPOINTMENT,
        title=_("The time is agreed"),
        body=_("The handover is on %(at)s."),
        supersedes=("handover.proposed", "handover.agreed"),
    ),
    "handover.reminder": replace(
        _APPOINTMENT,
        title=_("Remember the handover"),
        body=_("“%(title)s”: on %(at)s."),
        supersedes=("handover.reminder",),
    ),
    "handover.set_off": replace(
        _STEP,
        title=_("The collector is on the way"),
        body=_("“%(title)s” will be collected soon."),
        supersedes=("handover.reminder", "handover.set_off"),
    ),
    "handover.arrived": replace(
        _STEP,
        title=_("Somebody is at the door"),
        body=_("“%(title)s”: the other side has arrived."),
        supersedes=("handover.reminder", "handover.set_off"),
    ),
    "handover.check_in": replace(
        _STEP,
        title=_("Is everything all right?"),
        body=_("“%(title)s”: the handover is taking long. Tap to say yes, or to get help."),
    ),
    "handover.no_show": replace(
        _STEP,
        title=_("You were waited for"),
        body=_("“%(title)s”: nobody was there at the agreed time, so the match has ended."),
        supersedes=("match.made", *HANDOVER_STEPS),
    ),
    "handover.disputed": replace(
        _STEP,
        title=_("The weigh-in is disputed"),
        body=_("The resident says %(net_kg)s kg. Accept it, or weigh again together."),
        supersedes=HANDOVER_STEPS,
    ),
    "handover.weighed_in": replace(
        _STEP,
        title=_("Weighed"),
        body=_("The scale says %(net_kg)s kg.%(unusual)s Please look and confirm."),
        supersedes=HANDOVER_STEPS,
    ),
    "handover.confirmed": replace(
        _STEP,
        title=_("Confirmed by the other side"),
        body=_("Please look at what was weighed, and confirm too."),
        supersedes=HANDOVER_STEPS,
    ),
    "receipt.issued": replace(
        _STEP,
        title=_("Thank you for recycling"),
        body=_("%(net_kg)s kg handed over. The receipt is ready."),
        supersedes=("match.made", *HANDOVER_STEPS),
    ),
    "receipt.correction_proposed": EventKind(
        category=Category.HANDOVER,
        title=_("Is the receipt wrong?"),
        body=_("The other side says %(net_kg)s kg. Look at it, and agree if it is right."),
        link=Link.MATCH,
        about="match",
    ),
    "receipt.correction_declined": EventKind(
        category=Category.HANDOVER,
        title=_("The receipt stays as it is"),
        body=_("The other side does not agree with your correction."),
        link=Link.MATCH,
        about="match",
        supersedes=("receipt.correction_proposed",),
    ),
    "standing.warned": EventKind(
        category=Category.MATCHES,
        title=_("Others waited for you"),
        body=_("On %(strikes)s days somebody waited for you in vain. If it goes on, you will be paused for a while."),
        link=Link.ME,
    ),
    "standing.paused": EventKind(
        category=Category.MATCHES,
        title=_("You are paused"),
        body=_("On %(strikes)s days somebody waited for you in vain. You can agree to new pickups from %(until)s on."),
        link=Link.ME,
    ),
    "standing.lifted": EventKind(
        category=Category.MATCHES,
        title=_("Your pause is over"),
        body=_("The city has ended it early. You can agree to pickups again."),
        link=Link.ME,
    ),
    "moderation.acted": EventKind(
        category=Category.MATCHES,
        title=_("A decision of the moderators"),
        body=_("It concerns you or something of yours. Read the reason, and object if it is wrong."),
        link=Link.ME,
    ),
    "moderation.restored": EventKind(
        category=Category.MATCHES,
        title=_("A decision was taken back"),
        body=_("The moderators have taken back a decision about you. Thank you for your patience."),
        link=Link.ME,
    ),
    "moderation.appeal_granted": EventKind(
        category=Category.MATCHES,
        title=_("Your objection was right"),
        body=_("Another moderator has taken the decision back."),
        link=Link.ME,
    ),
    "moderation.appeal_denied": EventKind(
        category=Category.MATCHES,
        title=_("Your objection was looked at"),
        body=_("Another moderator has looked at it: the decision stands."),
        link=Link.ME,
    ),
    "moderation.lifted": EventKind(
        category=Category.MATCHES,
        title=_("Your account is open again"),
        body=_("The suspension is over. You can give and collect again."),
        link=Link.ME,
    ),
    "export.ready": EventKind(
        category=Category.MATCHES,
        title=_("Your data is ready"),
        body=_("You can download the copy of your data for a few days."),
        link=Link.PRIVACY,
    ),
    "match.rated": EventKind(
        category=Category.LIKES,
        title=_("You have been rated"),
        body=_("Somebody rated the handover of “%(title)s”. How was it for you?"),
        link=Link.MATCH,
    ),
    "like.asked": EventKind(
        category=Category.MATCHES,
        title=_("Your turn: do you still want it?"),
        body=_("“%(title)s” is free again. Say yes by %(answer_by)s, or it goes to the next."),
        link=Link.PICKUP,
        until="answer_by",
        about="pickup",
        supersedes=("pickup.reopened",),
    ),
    "pickup.reopened": EventKind(
        category=Category.LIKES,
        title=_("Open again"),
        body=_("“%(title)s” is open again."),
        link=Link.DECK,
        about="pickup",
        supersedes=("pickup.reopened",),
    ),
    "pickup.amended": EventKind(
        category=Category.LIKES,
        title=_("A pickup you like has changed"),
        body=_("“%(title)s” has changed: %(changed)s."),
        link=Link.PICKUP,
        about="pickup",
        supersedes=("pickup.amended",),
    ),
    "pickup.nearby": EventKind(
        category=Category.NEARBY,
        title=_("Something new near you"),
        body=ngettext_lazy(
            "%(count)d new pickup near you: “%(title)s”, about %(kg)s kg, %(km)s km from you.",
            "%(count)d new pickups near you; the last is “%(title)s”, about %(kg)s kg, %(km)s km from you.",
            "count",
        ),
        link=Link.DECK,
    ),
    "pickup.expiring": EventKind(
        category=Category.LIKES,
        title=_("Your pickup expires soon"),
        body=_("“%(title)s” expires at %(expires_at)s. One tap keeps it open."),
        link=Link.PICKUP,
        until="expires_at",
        about="pickup",
        supersedes=("pickup.expiring",),
    ),
    "pickup.expired": EventKind(
        category=Category.LIKES,
        title=_("Your pickup has expired"),
        body=_("Nobody came for “%(title)s” in time. You can post it again."),
        link=Link.PICKUP,
        about="pickup",
        supersedes=("pickup.expiring", "pickup.liked"),
    ),
}


PUSHED = frozenset(name for name, kind in KINDS.items() if not kind.is_silent)


def kind_of(event: str) -> EventKind:
    """The kind of this name. Raises UnknownEvent."""
    try:
        return KINDS[event]
    except KeyError:
        raise UnknownEvent(event) from None


def require_known(event: str, *, push: bool) -> None:
    """Raise UnknownEvent for an unknown name, and SilentEvent for a push without a text."""
    if kind_of(event).is_silent and push:
        raise SilentEvent(event)


def parse_time(text: object) -> datetime | None:
    """The time in an event's data (RFC 3339); None when it is missing or has no offset."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
