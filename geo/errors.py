"""Refusals of the city: each with a code that never changes."""

from django.utils.translation import gettext_lazy as _

from backend.shared.errors import DomainError, Invalid, Kind

# --- Swipes and likes --------------------------------------------------------------------------------------


class PickupClosed(DomainError):
    """Cancelled, expired or handed over: nobody can like, accept or cancel it any more."""

    code = "pickup_closed"
    message = _("This pickup is no longer available. Thank you for your interest.")


class PickupTaken(DomainError):
    """Another collector has a live match on it."""

    code = "pickup_taken"
    message = _("This pickup already has a collector.")


class OwnPickup(DomainError):
    """Nobody collects from himself."""

    code = "own_pickup"
    message = _("This is your own pickup.")


class CollectorProfileNeeded(DomainError):
    """Liking needs to say first where one collects."""

    code = "collector_profile_needed"
    message = _("Set up your collector profile first, so that residents know who comes.")


class TooManyLikes(DomainError):
    """The collector has `limit` likes waiting."""

    code = "too_many_likes"
    message = _("You already have %(limit)s likes waiting. Withdraw one, or wait for an answer.")


class TooManyMatches(DomainError):
    """The collector asking has `limit` active matches."""

    code = "too_many_matches"
    message = _("You already have %(limit)s pickups to collect. Finish one first.")


class CollectorAtLimit(DomainError):
    """The collector whom the resident wants has as many active matches as he may."""

    code = "collector_at_limit"
    message = _("This collector has too many pickups at the moment. Choose another, or try again later.")


class LikeIsMatch(DomainError):
    """A like that became a match is undone by a release."""

    code = "like_is_match"
    message = _("This like is a match now. Release the match instead.")


class LikeDeclined(DomainError):
    """The resident said no; asking again would only be a nuisance."""

    code = "like_declined"
    message = _("The resident has declined this like.")


class LikeReleased(DomainError):
    """A match given back is not had a second time."""

    code = "like_released"
    message = _("Your match on this pickup was released, so you cannot swipe it again.")


class LikeNotWaiting(DomainError):
    """It was matched, declined, released or closed before."""

    code = "like_not_waiting"
    message = _("This like is not waiting for an answer any more.")


# --- Matches and the handover ------------------------------------------------------------------------------


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


class WeighInMaterialUnknown(Invalid):
    """No such code in the catalogue."""

    code = "material_unknown"
    message = _("We do not know this material.")


class WeighInMaterialHazardous(Invalid):
    """Hazardous waste goes another way."""

    code = "material_hazardous"
    message = _("Hazardous material cannot be handed over here.")


class WeighInMaterialTwice(Invalid):
    """One line for each material."""

    code = "material_twice"
    message = _("Each material can be weighed in once.")


class NetNotPositive(Invalid):
    """The container weighs as much as, or more than, container and content."""

    code = "net_not_positive"
    message = _("The gross weight must be more than the tare.")


class NotWeighed(DomainError):
    """There is nothing to confirm yet."""

    code = "not_weighed"
    message = _("The collector has not weighed the material yet.")


class CodeWrong(DomainError):
    """Not the resident's code; `left` tries remain."""

    code = "code_wrong"
    message = _("This is not the resident's code. Tries left: %(left)s.")


class CodeLocked(DomainError):
    """Too many wrong codes: the code is worth nothing from now on."""

    code = "code_locked"
    message = _("The code was wrong too often. Confirm on both phones instead.")
