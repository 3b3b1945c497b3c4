"""The one table of what may follow what between a match and its end."""

from collections.abc import Mapping

from django.db import models


class HandoverState(models.TextChoices):
    """Where a handover stands."""

    ARRANGING = "arranging", "no time proposed yet"
    PROPOSED = "proposed", "a time is proposed, none agreed"
    AGREED = "agreed", "a time is agreed"
    ON_THE_WAY = "on_the_way", "the collector has set off"
    ARRIVED = "arrived", "one of the two, or both, are at the door"
    WEIGHED = "weighed", "weighed, to be confirmed"
    DISPUTED = "disputed", "the resident has other figures"
    DONE = "done", "confirmed by both"
    ENDED = "ended", "released, or somebody did not show"


class Step(models.TextChoices):
    """What can happen to a handover."""

    PROPOSE = "propose"
    AGREE = "agree"
    SET_OFF = "set_off"
    ARRIVE = "arrive"
    WEIGH_IN = "weigh_in"
    DISPUTE = "dispute"
    CONFIRM = "confirm", "by one side"
    COMPLETE = "complete", "by the second side, or by accepting the other's figures"
    NO_SHOW = "no_show"
    RELEASE = "release"


# A new time may be proposed on the way and at the door: the agreed one holds until the other agrees. Who meets without
# an appointment weighs at once. From each state: what may happen, and where that leads.
STEPS: Mapping[HandoverState, Mapping[Step, HandoverState]] = {
    HandoverState.ARRANGING: {
        Step.PROPOSE: HandoverState.PROPOSED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.PROPOSED: {
        Step.PROPOSE: HandoverState.PROPOSED,
        Step.AGREE: HandoverState.AGREED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.AGREED: {
        Step.PROPOSE: HandoverState.AGREED,
        Step.AGREE: HandoverState.AGREED,
        Step.SET_OFF: HandoverState.ON_THE_WAY,
        Step.ARRIVE: HandoverState.ARRIVED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.ON_THE_WAY: {
        Step.PROPOSE: HandoverState.ON_THE_WAY,
        Step.AGREE: HandoverState.AGREED,
        Step.SET_OFF: HandoverState.ON_THE_WAY,
        Step.ARRIVE: HandoverState.ARRIVED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.ARRIVED: {
        Step.PROPOSE: HandoverState.ARRIVED,
        Step.AGREE: HandoverState.AGREED,
        # The resident is home already, and the collector sets off.
        Step.SET_OFF: HandoverState.ARRIVED,
        Step.ARRIVE: HandoverState.ARRIVED,
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.NO_SHOW: HandoverState.ENDED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.WEIGHED: {
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.DISPUTE: HandoverState.DISPUTED,
        Step.CONFIRM: HandoverState.WEIGHED,
        Step.COMPLETE: HandoverState.DONE,
        # The resident's alone, while she has confirmed nothing.
        Step.NO_SHOW: HandoverState.ENDED,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.DISPUTED: {
        Step.WEIGH_IN: HandoverState.WEIGHED,
        Step.DISPUTE: HandoverState.DISPUTED,
        Step.COMPLETE: HandoverState.DONE,
        Step.RELEASE: HandoverState.ENDED,
    },
    HandoverState.DONE: {},
    HandoverState.ENDED: {},
}
