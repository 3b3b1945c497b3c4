"""The refusals of accounts, each with its stable code."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Kind, conflict, forbidden, invalid, refusal

# No such way to sign in here; `demo` is none once a Firebase project is configured.
ProviderUnknown = invalid("provider_unknown", _("This way to sign in does not exist here."))
# Not a valid phone number.
PhoneInvalid = invalid("phone_invalid", _("This is not a valid phone number."))


class IdentityRefused(DomainError):
    """The ID token proves nothing: forged, of another project, of a user who is gone, or no token at all."""

    code = "identity_invalid"
    kind = Kind.UNAUTHENTICATED
    message = _("We could not verify who you are. Sign in again.")


class IdentityExpired(IdentityRefused):
    """The ID token is too old."""

    code = "identity_expired"
    message = _("This sign-in took too long. Try again.")


class IdentityRevoked(IdentityRefused):
    """The ID token was good once, and was revoked."""

    code = "identity_revoked"
    message = _("This sign-in has been withdrawn. Sign in again.")


class IdentityAnonymous(IdentityRefused):
    """The ID token is of an anonymous Firebase user, whom this service does not admit."""

    code = "identity_anonymous"
    message = _("Sign in with a phone number or an account first.")


class IdentityUsed(IdentityRefused):
    """The ID token was made for one sign-in, and has been used."""

    code = "identity_used"
    message = _("This sign-in has been used already. Sign in again.")


# Firebase or LINE does not respond, so the identity is unknown.
IdentityUnavailable = refusal(
    Kind.UNAVAILABLE, "identity_unavailable", _("We cannot verify who you are right now. Try again soon.")
)
# The account may not be used, here or at Firebase.
AccountDisabled = forbidden("account_disabled", _("This account has been disabled."))
# What was proved belongs to another account, which is used.
IdentityHasAccount = conflict(
    "identity_has_account",
    _(
        "This sign-in belongs to another account. To use that account, sign in with it. To use it for this account, "
        "first erase the other one."
    ),
)
# The account has another sign-in of this kind.
AnotherLinked = conflict("another_identity_linked", _("You have linked another account of this kind. Unlink it first."))
# Without it nobody could sign in to the account.
LastIdentity = conflict("last_identity", _("This is the only way in which you can sign in. Link another one first."))
# Staff sign in to the admin with their phone number.
NumberOfStaff = conflict("number_of_staff", _("You need your phone number to sign in to the admin."))
# Users cannot block or report themselves.
AboutYourself = invalid("about_yourself", _("You cannot do this to yourself."))
# Redis does not respond, and the ticket is stored there.
TicketsUnavailable = refusal(
    Kind.UNAVAILABLE, "realtime_unavailable", _("Live updates are not available now. Try again soon.")
)
