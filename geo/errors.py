"""Refusals about swipes, pickups, places, ratings and groups. Their codes never change."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Invalid, Kind


class PickupClosed(DomainError):
    code = "pickup_closed"
    message = _("This pickup is no longer available. Thank you for your interest.")


class PickupTaken(DomainError):
    code = "pickup_taken"
    message = _("This pickup already has a collector.")


class OwnPickup(DomainError):
    code = "own_pickup"
    message = _("This is your own pickup.")


class CollectorProfileNeeded(DomainError):
    code = "collector_profile_needed"
    message = _("Set up your collector profile first, so that residents know who comes.")


class HazardBadgeNeeded(DomainError):
    code = "hazard_badge_needed"
    kind = Kind.FORBIDDEN
    message = _("This pickup holds hazardous waste. Only collectors with the badge for it may take it.")


class LikeIsMatch(DomainError):
    """The like is a match; it is undone by releasing the match."""

    code = "like_is_match"
    message = _("This like is a match now. Release the match instead.")


class PickupReserved(DomainError):
    code = "pickup_reserved"
    message = _("The next collector is being asked whether this still suits. Please wait for the answer.")


class LikeDeclined(DomainError):
    code = "like_declined"
    message = _("The resident has declined this like.")


class LikeReleased(DomainError):
    code = "like_released"
    message = _("Your match on this pickup was released, so you cannot swipe it again.")


class LikeNotWaiting(DomainError):
    code = "like_not_waiting"
    message = _("This like is not waiting for an answer any more.")


class TooManyLikes(DomainError):
    """The collector has `limit` likes waiting."""

    code = "too_many_likes"
    message = _("At most %(limit)s of your likes can wait at once. Withdraw one, or wait for an answer.")


class TooManyMatches(DomainError):
    """The collector has `limit` active matches."""

    code = "too_many_matches"
    message = _("You can have at most %(limit)s pickups to collect at once. Finish one first.")


class TooManyGivenBack(DomainError):
    """The collector has released `limit` matches within a day."""

    code = "too_many_given_back"
    message = _("You have given back %(limit)s pickups within a day. You can take another one later.")


class CollectorAtLimit(DomainError):
    """The chosen collector has the maximum of active matches, or is unavailable."""

    code = "collector_at_limit"
    message = _("This collector cannot take another pickup at the moment. Choose another, or try again later.")


class NotOnEarth(Invalid):
    """The coordinates are out of range, or beyond the latitudes of the map."""

    code = "not_on_earth"
    message = _("This is not a place we can find on the map.")


class CoordinatesSwapped(Invalid):
    """Latitude and longitude are swapped; the swapped place would be in the service area."""

    code = "coordinates_swapped"
    message = _("Latitude and longitude seem to be swapped.")


class OutsideServiceArea(Invalid):
    code = "outside_service_area"
    message = _("This place is outside the area we serve.")


class PlaceNeeded(Invalid):
    code = "place_needed"
    message = _("Say where you are, or set your service point first.")


class PickupNotOpen(DomainError):
    """Only open pickups can be changed or extended, except the note and window of a matched one."""

    code = "pickup_not_open"
    message = _("This pickup is not open any more, so it cannot be changed.")


class PlaceChangedTooOften(DomainError):
    """The place was changed to another square `limit` times."""

    code = "place_changed_too_often"
    message = _("You have changed the place %(limit)s times. To give it away elsewhere, post a new pickup.")


class MaterialUnknown(Invalid):
    code = "material_unknown"
    message = _("We do not know the material “%(material)s”.")


class MaterialHazardous(Invalid):
    code = "material_hazardous"
    message = _("%(material)s is hazardous. Please take it to a collection point for hazardous waste.")


class MaterialTwice(Invalid):
    code = "material_twice"
    message = _("%(material)s is listed twice. Add the quantities up.")


class UnitMismatch(Invalid):
    code = "unit_mismatch"
    message = _("%(material)s is given in “%(unit)s”.")


class QuantityNotWhole(Invalid):
    code = "quantity_not_whole"
    message = _("%(material)s is counted in whole pieces.")


class QuantityTooLarge(Invalid):
    code = "quantity_too_large"
    message = _("This is too much for one pickup: at most %(kg)s kg and %(pieces)s pieces.")


class WindowReversed(Invalid):
    code = "window_reversed"
    message = _("The pickup window ends before it starts.")


class WindowInThePast(Invalid):
    """The window has ended, or began more than a day ago."""

    code = "window_in_the_past"
    message = _("The pickup window is in the past.")


class WindowBeyondExpiry(Invalid):
    """The window ends after the pickup expires, or after the longest possible expiry."""

    code = "window_beyond_expiry"
    message = _("The pickup window ends after the pickup expires.")


class ExpiryInThePast(Invalid):
    code = "expiry_in_the_past"
    message = _("The expiry must be in the future.")


class ExpiryTooFar(Invalid):
    """The expiry is more than `days` days ahead."""

    code = "expiry_too_far"
    message = _("A pickup can stay open for %(days)s days at most.")


class PriceMismatch(Invalid):
    code = "price_mismatch"
    message = _("A free pickup has no amount, and any other needs one.")


class MatchNotCompleted(DomainError):
    code = "match_not_completed"
    message = _("You can rate each other once the handover is confirmed.")


class RatingTooLate(DomainError):
    """More than `days` days after the handover."""

    code = "rating_too_late"
    message = _("A handover can be rated for %(days)s days. That time is over.")


class AlreadyRated(DomainError):
    code = "already_rated"
    message = _("You have rated this handover already.")


class Paused(DomainError):
    """The user is paused for leaving others waiting: no likes, matches or pickups until `until`."""

    code = "paused"
    kind = Kind.FORBIDDEN
    message = _("You are paused until %(until)s, because others have waited for you in vain.")


class GroupCodeUnknown(Invalid):
    code = "group_code_unknown"
    message = _("We know no group with this code. Ask for a new one.")


class GroupFull(DomainError):
    code = "group_full"
    message = _("This group is full.")


class TooManyGroups(DomainError):
    """The user is in `limit` groups."""

    code = "too_many_groups"
    message = _("You can be in %(limit)s groups at most. Leave one first.")


class OnlyTheKeeper(DomainError):
    code = "only_the_keeper"
    kind = Kind.FORBIDDEN
    message = _("Only the keeper of the group can do this.")


class PhotosFull(DomainError):
    """The pickup has `limit` photos."""

    code = "photos_full"
    message = _("A pickup can have %(limit)s photos at most. Remove one first.")
