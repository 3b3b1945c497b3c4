"""Refusals about matches and handovers. Their codes never change."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import conflict, forbidden, invalid

MatchOver = conflict("match_over", _("This match is over."))
OnlyTheCollector = forbidden("only_the_collector", _("Only the collector can do this."))
# The expected arrival is more than `hours` ahead.
EtaTooFar = invalid("eta_too_far", _("Say when you will be there within the next %(hours)s hours."))
TimeInThePast = invalid("time_in_the_past", _("Propose a time in the future."))
TimeOutsideWindow = invalid("time_outside_window", _("Propose a time within the pickup's window."))
NothingProposed = conflict("nothing_proposed", _("Nobody has proposed a time yet."))
OwnProposal = conflict("own_proposal", _("You proposed this time yourself. Wait for the other to agree."))
ProposalChanged = conflict("proposal_changed", _("Another time has been proposed meanwhile. Look at it first."))
ProposalOutdated = conflict("proposal_outdated", _("The proposed time has passed. Propose a new one."))
NetNotPositive = invalid("net_not_positive", _("The gross weight must be more than the tare."))
# `kg` kilograms were weighed and `expected` kilograms were expected. Passes with `is_sure`.
WeightUnusual = conflict(
    "weight_unusual",
    _("You enter %(kg)s kg, and %(expected)s kg were expected. Look at the scale again. Are you sure?"),
)
NotWeighed = conflict("not_weighed", _("The collector has not weighed the material yet."))
WeighInChanged = conflict("weigh_in_changed", _("The material has been weighed again meanwhile. Look at it first."))
# The code is wrong; `left` attempts remain.
CodeWrong = conflict("code_wrong", _("This is not the resident's code. Tries left: %(left)s."))
CodeLocked = conflict("code_locked", _("The code was wrong too often. Confirm on both phones instead."))
TimeNotAgreed = conflict("time_not_agreed", _("Agree on a time first."))
AlreadyWeighed = conflict("already_weighed", _("The material has been weighed already. Confirm it, or weigh it again."))
WeighInDisputed = conflict(
    "weigh_in_disputed", _("The weigh-in is disputed. Accept the other side's figures, or weigh again together.")
)
# It is more than `minutes` minutes before the agreed time.
TooEarlyToArrive = conflict(
    "too_early_to_arrive", _("You can say that you have arrived from %(minutes)s minutes before the agreed time.")
)
# The accuracy of the position is worse than `metres` metres.
GpsTooVague = invalid(
    "gps_too_vague",
    _("Your phone does not know its place well enough. Go outside and try again, or let the other confirm."),
)
# The phone is `metres` metres away; `limit` metres are allowed.
TooFarFromPickup = conflict(
    "too_far_from_door", _("You are %(metres)s m away from the agreed place. Come within %(limit)s m.")
)
# Only a party who has arrived can report a no-show.
NotArrived = conflict("not_arrived", _("Say first that you have arrived yourself."))
BothArrived = conflict("both_arrived", _("Both of you have arrived."))
# The wait is `minutes` minutes from the agreed time or the arrival, whichever is later.
NoShowTooEarly = conflict(
    "no_show_too_early", _("Please wait %(minutes)s minutes, counted from the agreed time or your arrival.")
)
NoReceipt = conflict("no_receipt", _("There is no receipt yet."))
NothingToCorrect = conflict("nothing_to_correct", _("The receipt says so already."))
# The handover was more than `days` days ago.
CorrectionTooLate = conflict("correction_too_late", _("A receipt can be corrected for %(days)s days."))
NotDisputed = conflict("not_disputed", _("Nobody has disputed this weigh-in."))
OnlyTheResident = forbidden("only_the_resident", _("Only the resident can do this."))
PiecesOrWeightNeeded = invalid("pieces_or_weight_needed", _("Say how much %(material)s weighed."))
# The user has given `limit` versions of the weigh-in.
TooManyVersions = conflict(
    "too_many_versions",
    _("You have given %(limit)s versions of this weigh-in; no more are kept. Agree on one, or give it back."),
)
# The collector left nothing, or the match has not ended.
NothingLeft = conflict("nothing_left", _("Nothing of this pickup is left to post again."))
# The weigh-in has `limit` photos.
ScalePhotosFull = conflict("scale_photos_full", _("A weigh-in can have %(limit)s photos at most."))
# The one-time code, or a later one, was used before.
CodeUsed = conflict("code_used", _("This code has been used already. Ask for the one that shows now."))
# The time of entry is before the match or in the future; the clock of the phone is wrong.
CodeNotYet = invalid(
    "code_time_wrong", _("The time at which the code was entered cannot be right. Check your phone's clock.")
)
# The code was entered after the time of the handover, or sent too late.
CodeTooLate = conflict("code_too_late", _("This code comes too late. Confirm on both phones instead."))
