"""Errors about how much one collector may have at once."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError


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
