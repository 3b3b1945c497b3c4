"""Refusals about swipes, pickups, places, ratings and groups. Their codes never change."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import conflict, forbidden, invalid

# Swipes and likes:
PickupClosed = conflict("pickup_closed", _("This pickup is no longer available. Thank you for your interest."))
PickupTaken = conflict("pickup_taken", _("This pickup already has a collector."))
OwnPickup = conflict("own_pickup", _("This is your own pickup."))
CollectorProfileNeeded = conflict(
    "collector_profile_needed", _("Set up your collector profile first, so that residents know who comes.")
)
HazardBadgeNeeded = forbidden(
    "hazard_badge_needed", _("This pickup holds hazardous waste. Only collectors with the badge for it may take it.")
)
# The like is a match; it is undone by releasing the match.
LikeIsMatch = conflict("like_is_match", _("This like is a match now. Release the match instead."))
PickupReserved = conflict(
    "pickup_reserved", _("The next collector is being asked whether this still suits. Please wait for the answer.")
)
LikeDeclined = conflict("like_declined", _("The resident has declined this like."))
LikeReleased = conflict("like_released", _("Your match on this pickup was released, so you cannot swipe it again."))
LikeNotWaiting = conflict("like_not_waiting", _("This like is not waiting for an answer any more."))

# Limits:
# The collector has `limit` likes waiting.
TooManyLikes = conflict(
    "too_many_likes", _("At most %(limit)s of your likes can wait at once. Withdraw one, or wait for an answer.")
)
# The collector has `limit` active matches.
TooManyMatches = conflict(
    "too_many_matches", _("You can have at most %(limit)s pickups to collect at once. Finish one first.")
)
# The collector has released `limit` matches within a day.
TooManyGivenBack = conflict(
    "too_many_given_back", _("You have given back %(limit)s pickups within a day. You can take another one later.")
)
# The chosen collector has the maximum of active matches, or is unavailable.
CollectorAtLimit = conflict(
    "collector_at_limit",
    _("This collector cannot take another pickup at the moment. Choose another, or try again later."),
)

# Places:
# The coordinates are out of range, or beyond the latitudes of the map.
NotOnEarth = invalid("not_on_earth", _("This is not a place we can find on the map."))
# Latitude and longitude are swapped; the swapped place would be in the service area.
CoordinatesSwapped = invalid("coordinates_swapped", _("Latitude and longitude seem to be swapped."))
OutsideServiceArea = invalid("outside_service_area", _("This place is outside the area we serve."))
PlaceNeeded = invalid("place_needed", _("Say where you are, or set your service point first."))

# Pickups:
# Only open pickups can be changed or extended, except the note and window of a matched one.
PickupNotOpen = conflict("pickup_not_open", _("This pickup is not open any more, so it cannot be changed."))
# The place was changed to another square `limit` times.
PlaceChangedTooOften = conflict(
    "place_changed_too_often",
    _("You have changed the place %(limit)s times. To give it away elsewhere, post a new pickup."),
)
MaterialUnknown = invalid("material_unknown", _("We do not know the material “%(material)s”."))
MaterialHazardous = invalid(
    "material_hazardous", _("%(material)s is hazardous. Please take it to a collection point for hazardous waste.")
)
MaterialTwice = invalid("material_twice", _("%(material)s is listed twice. Add the quantities up."))
UnitMismatch = invalid("unit_mismatch", _("%(material)s is given in “%(unit)s”."))
QuantityNotWhole = invalid("quantity_not_whole", _("%(material)s is counted in whole pieces."))
QuantityTooLarge = invalid(
    "quantity_too_large", _("This is too much for one pickup: at most %(kg)s kg and %(pieces)s pieces.")
)
WindowReversed = invalid("window_reversed", _("The pickup window ends before it starts."))
# The window has ended, or began more than a day ago.
WindowInThePast = invalid("window_in_the_past", _("The pickup window is in the past."))
# The window ends after the pickup expires, or after the longest possible expiry.
WindowBeyondExpiry = invalid("window_beyond_expiry", _("The pickup window ends after the pickup expires."))
ExpiryInThePast = invalid("expiry_in_the_past", _("The expiry must be in the future."))
# The expiry is more than `days` days ahead.
ExpiryTooFar = invalid("expiry_too_far", _("A pickup can stay open for %(days)s days at most."))
PriceMismatch = invalid("price_mismatch", _("A free pickup has no amount, and any other needs one."))

# Ratings:
MatchNotCompleted = conflict("match_not_completed", _("You can rate each other once the handover is confirmed."))
# More than `days` days after the handover.
RatingTooLate = conflict("rating_too_late", _("A handover can be rated for %(days)s days. That time is over."))
AlreadyRated = conflict("already_rated", _("You have rated this handover already."))

# Standing:
# The user is paused for leaving others waiting: no likes, matches or pickups until `until`.
Paused = forbidden("paused", _("You are paused until %(until)s, because others have waited for you in vain."))

# Groups:
GroupCodeUnknown = invalid("group_code_unknown", _("We know no group with this code. Ask for a new one."))
GroupFull = conflict("group_full", _("This group is full."))
# The user is in `limit` groups.
TooManyGroups = conflict("too_many_groups", _("You can be in %(limit)s groups at most. Leave one first."))
OnlyTheKeeper = forbidden("only_the_keeper", _("Only the keeper of the group can do this."))

# Photos:
# The pickup has `limit` photos.
PhotosFull = conflict("photos_full", _("A pickup can have %(limit)s photos at most. Remove one first."))
