"""Refusals about swipes, pickups, places, ratings and groups. Their codes never change."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import conflict, forbidden, invalid

# Swipes and likes:
PickupClosed = conflict(
    "pickup_closed",
    _("This pickup is no longer available. Thank you for your interest."),
    _("Look at the next pickup in the deck."),
)
PickupTaken = conflict(
    "pickup_taken",
    _("This pickup already has a collector."),
    _("Look at the next pickup in the deck. If this one becomes free, it comes back."),
)
OwnPickup = conflict(
    "own_pickup",
    _("This is your own pickup."),
    _("You find it among your own pickups, where you can change or cancel it."),
)
CollectorProfileNeeded = conflict(
    "collector_profile_needed",
    _("Set up your collector profile first, so that residents know who comes."),
    _("Open your account and fill in the collector profile; it takes a minute."),
)
HazardBadgeNeeded = forbidden(
    "hazard_badge_needed",
    _("This pickup holds hazardous waste. Only collectors with the badge for it may take it."),
    _("Ask the city for the badge, or choose another pickup."),
)
# The like is a match; it is undone by releasing the match.
LikeIsMatch = conflict(
    "like_is_match",
    _("This like is a match now. Release the match instead."),
    _("Open the match, and release it there if you cannot come."),
)
PickupReserved = conflict(
    "pickup_reserved",
    _("The next collector is being asked whether this still suits. Please wait for the answer."),
    _("Try again in half an hour, or look at other pickups meanwhile."),
)
LikeDeclined = conflict(
    "like_declined",
    _("The resident has declined this like."),
    _("Look at other pickups; there is nothing more to do here."),
)
LikeReleased = conflict(
    "like_released",
    _("Your match on this pickup was released, so you cannot swipe it again."),
    _("Look at other pickups in the deck."),
)
LikeNotWaiting = conflict(
    "like_not_waiting",
    _("This like is not waiting for an answer any more."),
    _("Load the likes again to see how things stand."),
)

# Limits:
# The collector has `limit` likes waiting.
TooManyLikes = conflict(
    "too_many_likes",
    _("At most %(limit)s of your likes can wait at once. Withdraw one, or wait for an answer."),
    _("Open your likes and withdraw one that you no longer want."),
)
# The collector has `limit` active matches.
TooManyMatches = conflict(
    "too_many_matches",
    _("You can have at most %(limit)s pickups to collect at once. Finish one first."),
    _("Open your matches, and finish or release one."),
)
# The collector has released `limit` matches within a day.
TooManyGivenBack = conflict(
    "too_many_given_back",
    _("You have given back %(limit)s pickups within a day. You can take another one later."),
    _("Wait until tomorrow, and take only what you can collect."),
)
# The chosen collector has the maximum of active matches, or is unavailable.
CollectorAtLimit = conflict(
    "collector_at_limit",
    _("This collector cannot take another pickup at the moment. Choose another, or try again later."),
    _("Choose another of the collectors who like your pickup, or try again later."),
)

# Places:
# The coordinates are out of range, or beyond the latitudes of the map.
NotOnEarth = invalid(
    "not_on_earth", _("This is not a place we can find on the map."), _("Choose the place on the map.")
)
# Latitude and longitude are swapped; the swapped place would be in the service area.
CoordinatesSwapped = invalid(
    "coordinates_swapped",
    _("Latitude and longitude seem to be swapped."),
    _("Send the latitude as lat and the longitude as lon, or choose the place on the map."),
)
OutsideServiceArea = invalid(
    "outside_service_area",
    _("This place is outside the area we serve."),
    _("Choose a place inside the area. We hope to come to you later."),
)
PlaceNeeded = invalid(
    "place_needed",
    _("Say where you are, or set your service point first."),
    _("Let the app see your location, or set your service point in the collector profile."),
)

# Pickups:
# Only open pickups can be changed or extended, except the note and window of a matched one.
PickupNotOpen = conflict(
    "pickup_not_open",
    _("This pickup is not open any more, so it cannot be changed."),
    _("Post a new pickup if you still have something to give."),
)
# The place was changed to another square `limit` times.
PlaceChangedTooOften = conflict(
    "place_changed_too_often",
    _("You have changed the place %(limit)s times. To give it away elsewhere, post a new pickup."),
    _("Cancel this pickup and post a new one at the right place."),
)
# In the note of a matched pickup; an open one is held for review instead.
HeldWord = invalid(
    "held_word",
    _("The note holds a word that is not allowed here."),
    _("Write it without that word, or tell the collector in the chat."),
)
MaterialUnknown = invalid(
    "material_unknown",
    _("We do not know the material “%(material)s”."),
    _("Choose a material from the list. If it is missing there, update the app."),
)
MaterialHazardous = invalid(
    "material_hazardous",
    _("%(material)s is hazardous. Please take it to a collection point for hazardous waste."),
    _("The page of the material shows collection points and how to keep it safely until then."),
)
MaterialTwice = invalid(
    "material_twice",
    _("%(material)s is listed twice. Add the quantities up."),
    _("Keep one line for it, with the whole quantity."),
)
UnitMismatch = invalid(
    "unit_mismatch", _("%(material)s is given in “%(unit)s”."), _("Give the quantity in the unit of the material.")
)
QuantityNotWhole = invalid(
    "quantity_not_whole", _("%(material)s is counted in whole pieces."), _("Give a whole number of pieces.")
)
QuantityTooLarge = invalid(
    "quantity_too_large",
    _("This is too much for one pickup: at most %(kg)s kg and %(pieces)s pieces."),
    _("Split it into several pickups, or ask the operator about large quantities."),
)
WindowReversed = invalid(
    "window_reversed",
    _("The pickup window ends before it starts."),
    _("Choose an end that is later than the beginning."),
)
# The window has ended, or began more than a day ago.
WindowInThePast = invalid(
    "window_in_the_past", _("The pickup window is in the past."), _("Choose a time that is still to come.")
)
# The window ends after the pickup expires, or after the longest possible expiry.
WindowBeyondExpiry = invalid(
    "window_beyond_expiry",
    _("The pickup window ends after the pickup expires."),
    _("Choose an earlier window, or let the pickup stay open longer."),
)
ExpiryInThePast = invalid(
    "expiry_in_the_past", _("The expiry must be in the future."), _("Choose a day that is still to come.")
)
# The expiry is more than `days` days ahead.
ExpiryTooFar = invalid(
    "expiry_too_far",
    _("A pickup can stay open for %(days)s days at most."),
    _("Choose an earlier day. You can extend the pickup later."),
)
PriceMismatch = invalid(
    "price_mismatch",
    _("A free pickup has no amount, and any other needs one."),
    _("Choose “free”, or enter the amount."),
)

# Ratings:
MatchNotCompleted = conflict(
    "match_not_completed",
    _("You can rate each other once the handover is confirmed."),
    _("Confirm the handover first, on both phones or with the code."),
)
# More than `days` days after the handover.
RatingTooLate = conflict(
    "rating_too_late",
    _("A handover can be rated for %(days)s days. That time is over."),
    _("If something serious happened, report the person instead."),
)
AlreadyRated = conflict(
    "already_rated",
    _("You have rated this handover already."),
    _("A rating stays as it is. If something serious happened, report the person."),
)

# Standing:
# The user is paused for leaving others waiting: no likes, matches or pickups until `until`.
Paused = forbidden(
    "paused",
    _("You are paused until %(until)s, because others have waited for you in vain."),
    _("Wait until then, or write to the operator if you think that this is a mistake."),
)

# Groups:
GroupCodeUnknown = invalid(
    "group_code_unknown",
    _("We know no group with this code. Ask for a new one."),
    _("Ask the keeper of the group for the code that holds now."),
)
GroupFull = conflict("group_full", _("This group is full."), _("Ask the keeper of the group, or found a second one."))
# The user is in `limit` groups.
TooManyGroups = conflict(
    "too_many_groups",
    _("You can be in %(limit)s groups at most. Leave one first."),
    _("Open your groups and leave one that you no longer need."),
)
OnlyTheKeeper = forbidden(
    "only_the_keeper", _("Only the keeper of the group can do this."), _("Ask the keeper to do it.")
)

# Photos:
# The pickup has `limit` photos.
PhotosFull = conflict(
    "photos_full",
    _("A pickup can have %(limit)s photos at most. Remove one first."),
    _("Remove a photo that shows little, then add the new one."),
)
