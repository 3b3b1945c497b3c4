"""Refusals about matches and handovers. Their codes never change."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Invalid, Kind


class MatchOver(DomainError):
    code = "match_over"
    message = _("This match is over.")


class OnlyTheCollector(DomainError):
    code = "only_the_collector"
    kind = Kind.FORBIDDEN
    message = _("Only the collector can do this.")


class TimeInThePast(Invalid):
    code = "time_in_the_past"
    message = _("Propose a time in the future.")


class TimeOutsideWindow(Invalid):
    code = "time_outside_window"
    message = _("Propose a time within the pickup's window.")


class NothingProposed(DomainError):
    code = "nothing_proposed"
    message = _("Nobody has proposed a time yet.")


class OwnProposal(DomainError):
    code = "own_proposal"
    message = _("You proposed this time yourself. Wait for the other to agree.")


class ProposalChanged(DomainError):
    code = "proposal_changed"
    message = _("Another time has been proposed meanwhile. Look at it first.")


class ProposalOutdated(DomainError):
    code = "proposal_outdated"
    message = _("The proposed time has passed. Propose a new one.")


class NetNotPositive(Invalid):
    code = "net_not_positive"
    message = _("The gross weight must be more than the tare.")


class WeightUnusual(DomainError):
    """`kg` kilograms were weighed and `expected` kilograms were expected. Passes with `is_sure`."""

    code = "weight_unusual"
    message = _("You enter %(kg)s kg, and %(expected)s kg were expected. Look at the scale again. Are you sure?")


class NotWeighed(DomainError):
    code = "not_weighed"
    message = _("The collector has not weighed the material yet.")


class WeighInChanged(DomainError):
    code = "weigh_in_changed"
    message = _("The material has been weighed again meanwhile. Look at it first.")


class CodeWrong(DomainError):
    """The code is wrong; `left` attempts remain."""

    code = "code_wrong"
    message = _("This is not the resident's code. Tries left: %(left)s.")


class CodeLocked(DomainError):
    code = "code_locked"
    message = _("The code was wrong too often. Confirm on both phones instead.")


class TimeNotAgreed(DomainError):
    code = "time_not_agreed"
    message = _("Agree on a time first.")


class AlreadyWeighed(DomainError):
    code = "already_weighed"
    message = _("The material has been weighed already. Confirm it, or weigh it again.")


class WeighInDisputed(DomainError):
    code = "weigh_in_disputed"
    message = _("The weigh-in is disputed. Accept the other side's figures, or weigh again together.")


class TooEarlyToArrive(DomainError):
    """It is more than `minutes` minutes before the agreed time."""

    code = "too_early_to_arrive"
    message = _("You can say that you have arrived from %(minutes)s minutes before the agreed time.")


class GpsTooVague(Invalid):
    """The accuracy of the position is worse than `metres` metres."""

    code = "gps_too_vague"
    message = _("Your phone does not know its place well enough. Go outside and try again, or let the other confirm.")


class TooFarFromPickup(DomainError):
    """The phone is `metres` metres away; `limit` metres are allowed."""

    code = "too_far_from_door"
    message = _("You are %(metres)s m away from the agreed place. Come within %(limit)s m.")


class NotArrived(DomainError):
    """Only a party who has arrived can report a no-show."""

    code = "not_arrived"
    message = _("Say first that you have arrived yourself.")


class BothArrived(DomainError):
    code = "both_arrived"
    message = _("Both of you have arrived.")


class NoShowTooEarly(DomainError):
    """The wait is `minutes` minutes from the agreed time or the arrival, whichever is later."""

    code = "no_show_too_early"
    message = _("Please wait %(minutes)s minutes, counted from the agreed time or your arrival.")


class NoReceipt(DomainError):
    code = "no_receipt"
    message = _("There is no receipt yet.")


class NothingToCorrect(DomainError):
    code = "nothing_to_correct"
    message = _("The receipt says so already.")


class CorrectionTooLate(DomainError):
    """The handover was more than `days` days ago."""

    code = "correction_too_late"
    message = _("A receipt can be corrected for %(days)s days.")


class NotDisputed(DomainError):
    code = "not_disputed"
    message = _("Nobody has disputed this weigh-in.")


class OnlyTheResident(DomainError):
    code = "only_the_resident"
    kind = Kind.FORBIDDEN
    message = _("Only the resident can do this.")


class PiecesOrWeightNeeded(Invalid):
    code = "pieces_or_weight_needed"
    message = _("Say how much %(material)s weighed.")


class TooManyVersions(DomainError):
    """The user has given `limit` versions of the weigh-in."""

    code = "too_many_versions"
    message = _("You have given %(limit)s versions of this weigh-in; no more are kept. Agree on one, or give it back.")


class NothingLeft(DomainError):
    """The collector left nothing, or the match has not ended."""

    code = "nothing_left"
    message = _("Nothing of this pickup is left to post again.")


class ScalePhotosFull(DomainError):
    """The weigh-in has `limit` photos."""

    code = "scale_photos_full"
    message = _("A weigh-in can have %(limit)s photos at most.")


class CodeUsed(DomainError):
    """The one-time code, or a later one, was used before."""

    code = "code_used"
    message = _("This code has been used already. Ask for the one that shows now.")


class CodeNotYet(Invalid):
    """The time of entry is before the match or in the future; the clock of the phone is wrong."""

    code = "code_time_wrong"
    message = _("The time at which the code was entered cannot be right. Check your phone's clock.")


class CodeTooLate(DomainError):
    """The code was entered after the time of the handover, or sent too late."""

    code = "code_too_late"
    message = _("This code comes too late. Confirm on both phones instead.")
