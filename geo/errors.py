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


# --- Limits ------------------------------------------------------------------------------------------------


class TooManyLikes(DomainError):
    """The collector has `limit` likes waiting."""

    code = "too_many_likes"
    message = _("At most %(limit)s of your likes can wait at once. Withdraw one, or wait for an answer.")


class TooManyMatches(DomainError):
    """The collector asking has `limit` active matches."""

    code = "too_many_matches"
    message = _("You can have at most %(limit)s pickups to collect at once. Finish one first.")


class TooManyGivenBack(DomainError):
    """The collector asking has released `limit` matches within a day."""

    code = "too_many_given_back"
    message = _("You have given back %(limit)s pickups within a day. You can take another one later.")


class CollectorAtLimit(DomainError):
    """The collector whom the resident wants has as many active matches as he may, or has stopped for now."""

    code = "collector_at_limit"
    message = _("This collector cannot take another pickup at the moment. Choose another, or try again later.")


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
