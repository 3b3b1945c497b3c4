"""Refusals of the city: each with a code that never changes."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Invalid, Kind

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


class HazardBadgeNeeded(DomainError):
    """It holds hazardous waste, which only collectors with the desk's badge may take."""

    code = "hazard_badge_needed"
    kind = Kind.FORBIDDEN
    message = _("This pickup holds hazardous waste. Only collectors with the badge for it may take it.")


class LikeIsMatch(DomainError):
    """A like that became a match is undone by a release."""

    code = "like_is_match"
    message = _("This like is a match now. Release the match instead.")


class PickupReserved(DomainError):
    """The next runner-up is being asked, and it is his until he answers or the time is up."""

    code = "pickup_reserved"
    message = _("The next collector is being asked whether this still suits. Please wait for the answer.")


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


# --- Places ------------------------------------------------------------------------------------------------


class NotOnEarth(Invalid):
    """No such degrees, or so near to a pole that no map of ours reaches."""

    code = "not_on_earth"
    message = _("This is not a place we can find on the map.")


class CoordinatesSwapped(Invalid):
    """Latitude and longitude changed places: the other way round it would be served."""

    code = "coordinates_swapped"
    message = _("Latitude and longitude seem to be swapped.")


class OutsideServiceArea(Invalid):
    """A place on earth, but not one that this city serves."""

    code = "outside_service_area"
    message = _("This place is outside the area we serve.")


class PlaceNeeded(Invalid):
    """A deck of nowhere: no coordinates asked for, and no service point known."""

    code = "place_needed"
    message = _("Say where you are, or set your service point first.")


# --- Pickups -----------------------------------------------------------------------------------------------


class PickupNotOpen(DomainError):
    """Only an open pickup can be changed or extended; a matched one keeps its note and window free."""

    code = "pickup_not_open"
    message = _("This pickup is not open any more, so it cannot be changed.")


class MaterialUnknown(Invalid):
    """No such code in the catalogue."""

    code = "material_unknown"
    message = _("We do not know the material “%(material)s”.")


class MaterialHazardous(Invalid):
    """Hazardous waste goes another way."""

    code = "material_hazardous"
    message = _("%(material)s is hazardous. Please take it to a collection point for hazardous waste.")


class MaterialTwice(Invalid):
    """One item for each material."""

    code = "material_twice"
    message = _("%(material)s is listed twice. Add the quantities up.")


class UnitMismatch(Invalid):
    """Each material is counted in one unit: kilograms or pieces."""

    code = "unit_mismatch"
    message = _("%(material)s is given in “%(unit)s”.")


class QuantityNotWhole(Invalid):
    """Half a bottle is broken glass."""

    code = "quantity_not_whole"
    message = _("%(material)s is counted in whole pieces.")


class QuantityTooLarge(Invalid):
    """More than one pickup may hold."""

    code = "quantity_too_large"
    message = _("This is too much for one pickup: at most %(kg)s kg and %(pieces)s pieces.")


class WindowReversed(Invalid):
    """Ends before or when it starts."""

    code = "window_reversed"
    message = _("The pickup window ends before it starts.")


class WindowInThePast(Invalid):
    """Nobody can come any more, or it began longer ago than a day."""

    code = "window_in_the_past"
    message = _("The pickup window is in the past.")


class WindowBeyondExpiry(Invalid):
    """It ends after the pickup expires, or further ahead than any pickup may last."""

    code = "window_beyond_expiry"
    message = _("The pickup window ends after the pickup expires.")


class ExpiryInThePast(Invalid):
    """It would be over before it began."""

    code = "expiry_in_the_past"
    message = _("The expiry must be in the future.")


class ExpiryTooFar(Invalid):
    """A pickup lasts `days` days at most."""

    code = "expiry_too_far"
    message = _("A pickup can stay open for %(days)s days at most.")


class PriceMismatch(Invalid):
    """Free has no amount; everything else has one."""

    code = "price_mismatch"
    message = _("A free pickup has no amount, and any other needs one.")


# --- Ratings -----------------------------------------------------------------------------------------------


class MatchNotCompleted(DomainError):
    """Only what was handed over is rated."""

    code = "match_not_completed"
    message = _("You can rate each other once the handover is confirmed.")


class RatingTooLate(DomainError):
    """More than `days` days after the handover."""

    code = "rating_too_late"
    message = _("A handover can be rated for %(days)s days. That time is over.")


class AlreadyRated(DomainError):
    """Each of the two rates once."""

    code = "already_rated"
    message = _("You have rated this handover already.")


# --- Standing ----------------------------------------------------------------------------------------------


class Paused(DomainError):
    """Others waited in vain too often: no new likes, matches or pickups until then."""

    code = "paused"
    kind = Kind.FORBIDDEN
    message = _("You are paused until %(until)s, because others have waited for you in vain.")


# --- Groups ------------------------------------------------------------------------------------------------


class GroupCodeUnknown(Invalid):
    """No group has this code, or no longer."""

    code = "group_code_unknown"
    message = _("We know no group with this code. Ask for a new one.")


class GroupFull(DomainError):
    """It has as many members as a group may."""

    code = "group_full"
    message = _("This group is full.")


class TooManyGroups(DomainError):
    """The person is in `limit` groups."""

    code = "too_many_groups"
    message = _("You can be in %(limit)s groups at most. Leave one first.")


class OnlyTheKeeper(DomainError):
    """A member asked for what is the keeper's."""

    code = "only_the_keeper"
    kind = Kind.FORBIDDEN
    message = _("Only the keeper of the group can do this.")


# --- Photos ------------------------------------------------------------------------------------------------


class PhotosFull(DomainError):
    """The pickup has `limit` photos."""

    code = "photos_full"
    message = _("A pickup can have %(limit)s photos at most. Remove one first.")
