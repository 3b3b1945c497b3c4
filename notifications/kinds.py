"""Every kind of event there is: what it is about, and what a push says of it.

A new kind is one row here and its Thai text in `locale/th`. Texts hold no place and no words of a chat.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

Text = str | Promise


class Category(StrEnum):
    """What a person can choose to be told of; the name of a field of `Preferences`, and the Android channel."""

    CHAT = "chat"
    LIKES = "likes"
    MATCHES = "matches"
    HANDOVER = "handover"
    NEARBY = "nearby"


URGENT = frozenset({Category.CHAT, Category.MATCHES, Category.HANDOVER})
SOUNDLESS = frozenset({Category.NEARBY})
# How long a service keeps a push for a phone that is off.
LIFE_S: Mapping[Category, int] = {
    Category.CHAT: 86_400,
    Category.LIKES: 86_400,
    Category.MATCHES: 86_400,
    Category.HANDOVER: 6 * 3_600,
    Category.NEARBY: 2 * 3_600,
}
# How long after it happened anybody still cares to be told, be it for a night's quiet or a day's digest.
USE_S: Mapping[Category, int] = {
    Category.CHAT: 7 * 86_400,
    Category.LIKES: 3 * 86_400,
    Category.MATCHES: 7 * 86_400,
    Category.HANDOVER: 86_400,
    Category.NEARBY: 36 * 3_600,
}


class When(StrEnum):
    """Whether a kind tells of a meeting of two people, and how its day is known."""

    NONE = ""
    AT = "at"  # the day of the data's `at`
    NOW = "now"  # the day on which it happens


@dataclass(frozen=True, kw_only=True)
class EventKind:
    """`title` and `body` are filled from the event's data; without them the kind is never pushed.

    `link` is where a tap leads, as a path inside the app, filled from the data's ids. `until` names the time in the
    data from which on nobody cares. `about` names the id in the data that this kind shares with those it `overtakes`:
    they count as read once it has happened. `meets` says whether it comes through quiet hours.
    """

    category: Category
    title: Text = ""
    body: Text = ""
    link: str = ""
    until: str = ""
    about: str = ""
    overtakes: Collection[str] = ()
    meets: When = When.NONE

    @property
    def is_urgent(self) -> bool:
        """Whether somebody waits for it to be read now."""
        return self.category in URGENT

    @property
    def is_silent(self) -> bool:
        """Whether it goes to open apps alone."""
        return not self.title


class UnknownEvent(LookupError):
    """No such kind of event: add it to `notifications.kinds`."""


class SilentEvent(ValueError):
    """This kind of event has no text, so it cannot be pushed."""


# All that leads up to a handover: pointless once the match has ended, or a later step been taken.
ARRANGING = (
    "handover.proposed",
    "handover.agreed",
    "handover.reminder",
    "handover.set_off",
    "handover.arrived",
    "handover.weighed_in",
    "handover.disputed",
    "handover.confirmed",
)

KINDS: Mapping[str, EventKind] = {
    "message.sent": EventKind(
        category=Category.CHAT,
        title=_("New message"),
        body=ngettext_lazy("You have %(count)d new message.", "You have %(count)d new messages.", "count"),
        link="/conversations/{conversation}",
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
        link="/pickups/{pickup}/likes",
    ),
    "match.made": EventKind(
        category=Category.MATCHES,
        title=_("It is a match"),
        body=_("“%(title)s”: write to each other and agree on a time."),
        link="/conversations/{conversation}",
        about="pickup",
        overtakes=("pickup.liked", "like.asked", "pickup.reopened", "pickup.expiring", "pickup.nearby"),
    ),
    "like.declined": EventKind(
        category=Category.LIKES,
        title=_("Not this time"),
        body=_("“%(title)s” goes to another collector. Thank you for offering."),
        link="/deck",
        about="pickup",
        overtakes=("like.asked",),
    ),
    "pickup.closed": EventKind(
        category=Category.LIKES,
        title=_("No longer available"),
        body=_("“%(title)s” is no longer available. Thank you for waiting."),
        link="/deck",
        about="pickup",
        overtakes=("like.asked", "pickup.reopened", "pickup.amended", "pickup.nearby"),
    ),
    "match.released": EventKind(
        category=Category.MATCHES,
        title=_("The match has ended"),
        body=_("The other side has given back the match for “%(title)s”."),
        link="/matches/{match}",
        about="match",
        overtakes=("match.made", *ARRANGING),
    ),
    "handover.proposed": EventKind(
        category=Category.HANDOVER,
        title=_("A time is proposed"),
        body=_("%(at)s. Does it suit you?"),
        link="/matches/{match}",
        until="at",
        about="match",
        overtakes=("handover.proposed", "handover.agreed"),
        meets=When.AT,
    ),
    "handover.agreed": EventKind(
        category=Category.HANDOVER,
        title=_("The time is agreed"),
        body=_("The handover is on %(at)s."),
        link="/matches/{match}",
        until="at",
        about="match",
        overtakes=("handover.proposed", "handover.agreed"),
        meets=When.AT,
    ),
    "handover.reminder": EventKind(
        category=Category.HANDOVER,
        title=_("Remember the handover"),
        body=_("“%(title)s”: on %(at)s."),
        link="/matches/{match}",
        until="at",
        about="match",
        overtakes=("handover.reminder",),
        meets=When.AT,
    ),
    "handover.set_off": EventKind(
        category=Category.HANDOVER,
        title=_("The collector is on the way"),
        body=_("“%(title)s” will be collected soon."),
        link="/matches/{match}",
        about="match",
        overtakes=("handover.reminder", "handover.set_off"),
        meets=When.NOW,
    ),
    "handover.arrived": EventKind(
        category=Category.HANDOVER,
        title=_("Somebody is at the door"),
        body=_("“%(title)s”: the other side has arrived."),
        link="/matches/{match}",
        about="match",
        overtakes=("handover.reminder", "handover.set_off"),
        meets=When.NOW,
    ),
    "handover.no_show": EventKind(
        category=Category.HANDOVER,
        title=_("You were waited for"),
        body=_("“%(title)s”: nobody was there at the agreed time, so the match has ended."),
        link="/matches/{match}",
        about="match",
        overtakes=("match.made", *ARRANGING),
        meets=When.NOW,
    ),
    "handover.disputed": EventKind(
        category=Category.HANDOVER,
        title=_("The weigh-in is disputed"),
        body=_("The resident says %(net_kg)s kg. Accept it, or weigh again together."),
        link="/matches/{match}",
        about="match",
        overtakes=ARRANGING,
        meets=When.NOW,
    ),
    "handover.weighed_in": EventKind(
        category=Category.HANDOVER,
        title=_("Weighed"),
        body=_("The scale says %(net_kg)s kg. Please look and confirm."),
        link="/matches/{match}",
        about="match",
        overtakes=ARRANGING,
        meets=When.NOW,
    ),
    "handover.confirmed": EventKind(
        category=Category.HANDOVER,
        title=_("Confirmed by the other side"),
        body=_("Please look at what was weighed, and confirm too."),
        link="/matches/{match}",
        about="match",
        overtakes=ARRANGING,
        meets=When.NOW,
    ),
    "receipt.issued": EventKind(
        category=Category.HANDOVER,
        title=_("Thank you for recycling"),
        body=_("%(net_kg)s kg handed over. The receipt is ready."),
        link="/matches/{match}",
        about="match",
        overtakes=("match.made", *ARRANGING),
        meets=When.NOW,
    ),
    "standing.warned": EventKind(
        category=Category.MATCHES,
        title=_("Others waited for you"),
        body=_("On %(strikes)s days somebody waited for you in vain. If it goes on, you will be paused for a while."),
        link="/me",
    ),
    "standing.paused": EventKind(
        category=Category.MATCHES,
        title=_("You are paused"),
        body=_("On %(strikes)s days somebody waited for you in vain. You can agree to new pickups from %(until)s on."),
        link="/me",
    ),
    "standing.lifted": EventKind(
        category=Category.MATCHES,
        title=_("Your pause is over"),
        body=_("The city has ended it early. You can agree to pickups again."),
        link="/me",
    ),
    "match.rated": EventKind(
        category=Category.LIKES,
        title=_("You have been rated"),
        body=_("Somebody rated the handover of “%(title)s”. How was it for you?"),
        link="/matches/{match}",
    ),
    "like.asked": EventKind(
        category=Category.MATCHES,
        title=_("Your turn: do you still want it?"),
        body=_("“%(title)s” is free again. Say yes by %(answer_by)s, or it goes to the next."),
        link="/pickups/{pickup}",
        until="answer_by",
        about="pickup",
        overtakes=("pickup.reopened",),
    ),
    "pickup.reopened": EventKind(
        category=Category.LIKES,
        title=_("Open again"),
        body=_("“%(title)s” is open again."),
        link="/deck",
        about="pickup",
        overtakes=("pickup.reopened",),
    ),
    "pickup.amended": EventKind(
        category=Category.LIKES,
        title=_("A pickup you like has changed"),
        body=_("“%(title)s” has changed: %(changed)s."),
        link="/pickups/{pickup}",
        about="pickup",
        overtakes=("pickup.amended",),
    ),
    "pickup.nearby": EventKind(
        category=Category.NEARBY,
        title=_("Something new near you"),
        body=ngettext_lazy(
            "%(count)d new pickup near you: “%(title)s”, about %(kg)s kg, %(km)s km from you.",
            "%(count)d new pickups near you; the last is “%(title)s”, about %(kg)s kg, %(km)s km from you.",
            "count",
        ),
        link="/deck",
    ),
    "pickup.expiring": EventKind(
        category=Category.LIKES,
        title=_("Your pickup expires soon"),
        body=_("“%(title)s” expires at %(expires_at)s. One tap keeps it open."),
        link="/pickups/{pickup}",
        until="expires_at",
        about="pickup",
        overtakes=("pickup.expiring",),
    ),
    "pickup.expired": EventKind(
        category=Category.LIKES,
        title=_("Your pickup has expired"),
        body=_("Nobody came for “%(title)s” in time. You can post it again."),
        link="/pickups/{pickup}",
        about="pickup",
        overtakes=("pickup.expiring", "pickup.liked"),
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
    """Raise UnknownEvent or SilentEvent where the code asks for what cannot be told."""
    if kind_of(event).is_silent and push:
        raise SilentEvent(event)
