"""Refusals on the way to the door and at the scale: each with a code that never changes."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Invalid, Kind


class MatchOver(DomainError):
    """The match is completed or released."""

    code = "match_over"
    message = _("This match is over.")


class OnlyTheCollector(DomainError):
    """The scale is in the collector's hands."""

    code = "only_the_collector"
    kind = Kind.FORBIDDEN
    message = _("Only the collector can do this.")


class TimeInThePast(Invalid):
    """The proposed time is not in the future."""

    code = "time_in_the_past"
    message = _("Propose a time in the future.")


class TimeOutsideWindow(Invalid):
    """The proposed time is not within the pickup's window."""

    code = "time_outside_window"
    message = _("Propose a time within the pickup's window.")


class NothingProposed(DomainError):
    """There is no time to agree to."""

    code = "nothing_proposed"
    message = _("Nobody has proposed a time yet.")


class OwnProposal(DomainError):
    """The other one agrees, or proposes another time."""

    code = "own_proposal"
    message = _("You proposed this time yourself. Wait for the other to agree.")


class ProposalChanged(DomainError):
    """What stands now is not the time the client saw."""

    code = "proposal_changed"
    message = _("Another time has been proposed meanwhile. Look at it first.")


class ProposalOutdated(DomainError):
    """The proposed time has passed."""

    code = "proposal_outdated"
    message = _("The proposed time has passed. Propose a new one.")


class NetNotPositive(Invalid):
    """The container weighs as much as, or more than, container and content."""

    code = "net_not_positive"
    message = _("The gross weight must be more than the tare.")


class NotWeighed(DomainError):
    """There is nothing to confirm yet."""

    code = "not_weighed"
    message = _("The collector has not weighed the material yet.")


class WeighInChanged(DomainError):
    """What stands now is not the weigh-in the client saw."""

    code = "weigh_in_changed"
    message = _("The material has been weighed again meanwhile. Look at it first.")


class CodeWrong(DomainError):
    """Not the resident's code; `left` tries remain."""

    code = "code_wrong"
    message = _("This is not the resident's code. Tries left: %(left)s.")


class CodeLocked(DomainError):
    """Too many wrong codes: the code is worth nothing from now on."""

    code = "code_locked"
    message = _("The code was wrong too often. Confirm on both phones instead.")


class TimeNotAgreed(DomainError):
    """Nobody is expected yet."""

    code = "time_not_agreed"
    message = _("Agree on a time first.")


class AlreadyWeighed(DomainError):
    """The two have met: what is left is to confirm, to correct or to dispute the weigh-in."""

    code = "already_weighed"
    message = _("The material has been weighed already. Confirm it, or weigh it again.")


class WeighInDisputed(DomainError):
    """The resident has other figures: one accepts the other's, or the collector weighs again."""

    code = "weigh_in_disputed"
    message = _("The weigh-in is disputed. Accept the other side's figures, or weigh again together.")


class TooEarlyToArrive(DomainError):
    """More than `minutes` before the agreed time: being there then says nothing about being there in time."""

    code = "too_early_to_arrive"
    message = _("You can say that you have arrived from %(minutes)s minutes before the agreed time.")


class GpsTooVague(Invalid):
    """The phone knows its place to no better than `metres` metres."""

    code = "gps_too_vague"
    message = _("Your phone does not know its place well enough. Go outside and try again, or let the other confirm.")


class TooFarFromDoor(DomainError):
    """The phone is `metres` metres away, and `limit` are allowed."""

    code = "too_far_from_door"
    message = _("You are %(metres)s m away from the agreed place. Come within %(limit)s m.")


class NotArrived(DomainError):
    """Only who is there himself can say that the other is not."""

    code = "not_arrived"
    message = _("Say first that you have arrived yourself.")


class BothArrived(DomainError):
    """Nobody is missing."""

    code = "both_arrived"
    message = _("Both of you have arrived.")


class NoShowTooEarly(DomainError):
    """The other has `minutes` minutes, from the agreed time or the arrival, whichever is later."""

    code = "no_show_too_early"
    message = _("Please wait %(minutes)s minutes, counted from the agreed time or your arrival.")


class NotDisputed(DomainError):
    """There are no other figures to accept."""

    code = "not_disputed"
    message = _("Nobody has disputed this weigh-in.")


class OnlyTheResident(DomainError):
    """The collector corrects his own figures."""

    code = "only_the_resident"
    kind = Kind.FORBIDDEN
    message = _("Only the resident can do this.")


class PiecesOrWeightNeeded(Invalid):
    """A line says what the scale said, or how many there were."""

    code = "pieces_or_weight_needed"
    message = _("Say how much %(material)s weighed.")


class TooManyVersions(DomainError):
    """Who has said `limit` times what the scale said is no nearer to the truth."""

    code = "too_many_versions"
    message = _("You have given %(limit)s versions of this weigh-in; no more are kept. Agree on one, or give it back.")


class NothingLeft(DomainError):
    """All was taken, or the match goes on."""

    code = "nothing_left"
    message = _("Nothing of this pickup is left to post again.")


class ScalePhotosFull(DomainError):
    """The weigh-in has `limit` photos."""

    code = "scale_photos_full"
    message = _("A weigh-in can have %(limit)s photos at most.")


class CodeUsed(DomainError):
    """The one-time code, or a later one, has been taken before."""

    code = "code_used"
    message = _("This code has been used already. Ask for the one that shows now.")


class CodeNotYet(Invalid):
    """Entered before the match was made, or in the future: the phone's clock is wrong."""

    code = "code_time_wrong"
    message = _("The time at which the code was entered cannot be right. Check your phone's clock.")


class CodeTooLate(DomainError):
    """Entered after the handover's time, or handed in too long afterwards."""

    code = "code_too_late"
    message = _("This code comes too late. Confirm on both phones instead.")
