"""The refusals of moderation, each with its stable code."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import conflict, forbidden, invalid

# What is reported is named neither by `user` nor by `subject`.
NothingReported = invalid(
    "nothing_reported",
    _("Say whom or what you report."),
    _("Open the person, the pickup or the message, and report it from there."),
)
# Another moderator has handled the case meanwhile, or it was reported again.
CaseChanged = conflict(
    "case_changed",
    _("Somebody else has handled this case meanwhile, or it was reported again. Look at it once more."),
    _("Open the case again, and decide by what it holds now."),
)
# Reported by or about the moderator; or an appeal against their own act.
OwnCase = forbidden(
    "own_case",
    _("This case concerns you. Another moderator has to handle it."),
    _("Leave it in the queue; another moderator will take it."),
)
# Nothing of the kind can be done about such a thing.
ActNotPossible = conflict(
    "act_not_possible",
    _("This cannot be done about it."),
    _("Choose another act, such as a warning."),
)
# One appeal for each act, within `days` days.
AppealNotPossible = conflict(
    "appeal_not_possible",
    _("You can object once, within %(days)s days."),
    _("The decision stands. Write to the operator if there is something new."),
)
