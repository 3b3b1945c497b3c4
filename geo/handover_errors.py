"""Refusals about matches and handovers. Their codes never change."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import conflict, forbidden, invalid

MatchOver = conflict(
    "match_over",
    _("This match is over."),
    _("Load your matches again. If it ended by mistake, write to each other and match again."),
)
OnlyTheCollector = forbidden(
    "only_the_collector", _("Only the collector can do this."), _("Ask the collector to do it on their phone.")
)
# The expected arrival is more than `hours` ahead.
EtaTooFar = invalid(
    "eta_too_far",
    _("Say when you will be there within the next %(hours)s hours."),
    _("Say so again when you are really on your way."),
)
TimeInThePast = invalid(
    "time_in_the_past",
    _("Propose a time in the future."),
    _("Choose a later time. If it looks right, check the clock of your phone."),
)
TimeOutsideWindow = invalid(
    "time_outside_window",
    _("Propose a time within the pickup's window."),
    _("Look at the window of the pickup, or ask the resident to change it."),
)
NothingProposed = conflict("nothing_proposed", _("Nobody has proposed a time yet."), _("Propose a time yourself."))
OwnProposal = conflict(
    "own_proposal",
    _("You proposed this time yourself. Wait for the other to agree."),
    _("Remind the other in the chat, or propose another time."),
)
ProposalChanged = conflict(
    "proposal_changed",
    _("Another time has been proposed meanwhile. Look at it first."),
    _("Load the match again, and agree to the time that shows now."),
)
ProposalOutdated = conflict(
    "proposal_outdated",
    _("The proposed time has passed. Propose a new one."),
    _("Propose a time that is still to come."),
)
NotAsked = conflict(
    "not_asked",
    _("You have not been asked whether everything is all right."),
    _("In an emergency call the police. To leave, open the chat and tap “Leave at once”."),
)
NetNotPositive = invalid(
    "net_not_positive",
    _("The gross weight must be more than the tare."),
    _("Check whether gross and tare have been mixed up."),
)
# `kg` kilograms were weighed and `expected` kilograms were expected. Passes with `is_sure`.
WeightUnusual = conflict(
    "weight_unusual",
    _("You enter %(kg)s kg, and %(expected)s kg were expected. Look at the scale again. Are you sure?"),
    _("Correct the weight, or confirm that it is right. The resident sees that it was unusual."),
)
NotWeighed = conflict(
    "not_weighed",
    _("The collector has not weighed the material yet."),
    _("The collector enters the weights first; then both confirm."),
)
WeighInChanged = conflict(
    "weigh_in_changed",
    _("The material has been weighed again meanwhile. Look at it first."),
    _("Load the match again, and look at the new figures before you confirm."),
)
# The code is wrong; `left` attempts remain.
CodeWrong = conflict(
    "code_wrong",
    _("This is not the resident's code. Tries left: %(left)s."),
    _("Let the resident show you the code again, and enter its six digits."),
)
CodeLocked = conflict(
    "code_locked",
    _("The code was wrong too often. Confirm on both phones instead."),
    _("Both of you open the match and confirm, each on their own phone."),
)
TimeNotAgreed = conflict(
    "time_not_agreed", _("Agree on a time first."), _("Propose a time, or agree to the one that was proposed.")
)
AlreadyWeighed = conflict(
    "already_weighed",
    _("The material has been weighed already. Confirm it, or weigh it again."),
    _("Look at the weights: confirm them, or enter all of them again."),
)
WeighInDisputed = conflict(
    "weigh_in_disputed",
    _("The weigh-in is disputed. Accept the other side's figures, or weigh again together."),
    _("Look at the scale together. Then one of you accepts the other's figures."),
)
# It is more than `minutes` minutes before the agreed time.
TooEarlyToArrive = conflict(
    "too_early_to_arrive",
    _("You can say that you have arrived from %(minutes)s minutes before the agreed time."),
    _("Wait a little, or agree on an earlier time in the chat."),
)
# The accuracy of the position is worse than `metres` metres.
GpsTooVague = invalid(
    "gps_too_vague",
    _("Your phone does not know its place well enough. Go outside and try again, or let the other confirm."),
    _("Switch on the exact location for the app, and wait until the map finds you."),
)
# The phone is `metres` metres away; `limit` metres are allowed.
TooFarFromPickup = conflict(
    "too_far_from_door",
    _("You are %(metres)s m away from the agreed place. Come within %(limit)s m."),
    _("Go closer to the place on the map, or call the other in the chat."),
)
# Only a party who has arrived can report a no-show.
NotArrived = conflict(
    "not_arrived", _("Say first that you have arrived yourself."), _("Tap “I have arrived” at the place first.")
)
BothArrived = conflict(
    "both_arrived",
    _("Both of you have arrived."),
    _("Look for each other, or write in the chat. If you do not meet, release the match."),
)
# The wait is `minutes` minutes from the agreed time or the arrival, whichever is later.
NoShowTooEarly = conflict(
    "no_show_too_early",
    _("Please wait %(minutes)s minutes, counted from the agreed time or your arrival."),
    _("Wait at the place and write to the other in the chat."),
)
NoReceipt = conflict(
    "no_receipt", _("There is no receipt yet."), _("A receipt appears when both have confirmed the handover.")
)
NothingToCorrect = conflict(
    "nothing_to_correct", _("The receipt says so already."), _("Change the figure that is wrong, then send again.")
)
# The handover was more than `days` days ago.
CorrectionTooLate = conflict(
    "correction_too_late",
    _("A receipt can be corrected for %(days)s days."),
    _("If the receipt is wrong, write to the operator of the service."),
)
NotDisputed = conflict(
    "not_disputed", _("Nobody has disputed this weigh-in."), _("Load the match again to see how things stand.")
)
OnlyTheResident = forbidden(
    "only_the_resident", _("Only the resident can do this."), _("Ask the resident to do it on their phone.")
)
PiecesOrWeightNeeded = invalid(
    "pieces_or_weight_needed",
    _("Say how much %(material)s weighed."),
    _("Put it on the scale, and enter its weight in kilograms."),
)
# The lines are worth `sum` baht together, and `paid` says something else.
MoneyDiffers = invalid(
    "money_differs",
    _("The lines add up to %(sum)s THB, but %(paid)s THB is entered as the sum."),
    _("Correct a price or the sum, or leave the sum out."),
)
PriceOrAmount = invalid(
    "price_or_amount",
    _("Give a price per kilogram or an amount for %(material)s, not both."),
    _("Remove one of the two."),
)
# The line or the sum is worth more than `limit` baht, to either side.
AmountTooLarge = invalid(
    "amount_too_large",
    _("At most %(limit)s THB can be paid."),
    _("Look at the price per kilogram again: is it of one kilogram?"),
)
# The receipt says what its lines are worth, and this line's weight is another.
LineMoneyNeeded = invalid(
    "line_money_needed",
    _("Say what %(material)s is worth: the receipt has an amount for each material."),
    _("Enter a price per kilogram or an amount for this material."),
)
# The user has given `limit` versions of the weigh-in.
TooManyVersions = conflict(
    "too_many_versions",
    _("You have given %(limit)s versions of this weigh-in; no more are kept. Agree on one, or give it back."),
    _("Talk to each other, and accept the last figures or release the match."),
)
# The collector left nothing, or the match has not ended.
NothingLeft = conflict(
    "nothing_left",
    _("Nothing of this pickup is left to post again."),
    _("Post a new pickup if you have something else to give."),
)
# The weigh-in has `limit` photos.
ScalePhotosFull = conflict(
    "scale_photos_full",
    _("A weigh-in can have %(limit)s photos at most."),
    _("Remove one that shows little, then add the new one."),
)
# The one-time code, or a later one, was used before.
CodeUsed = conflict(
    "code_used",
    _("This code has been used already. Ask for the one that shows now."),
    _("Let the resident open the code again."),
)
# The time of entry is before the match or in the future; the clock of the phone is wrong.
CodeNotYet = invalid(
    "code_time_wrong",
    _("The time at which the code was entered cannot be right. Check your phone's clock."),
    _("Set the phone's clock to automatic, and enter the code again."),
)
# The code was entered after the time of the handover, or sent too late.
CodeTooLate = conflict(
    "code_too_late",
    _("This code comes too late. Confirm on both phones instead."),
    _("Both of you open the match and confirm, each on their own phone."),
)
