"""The refusals of accounts, each with its stable code."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Invalid, Kind


class ProviderUnknown(Invalid):
    """No such way to sign in here; `demo` is none once a Firebase project is configured."""

    code = "provider_unknown"
    message = _("This way to sign in does not exist here.")


class PhoneInvalid(Invalid):
    """Not a valid phone number."""

    code = "phone_invalid"
    message = _("This is not a valid phone number.")


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


class IdentityUnavailable(DomainError):
    """Firebase does not respond, so the identity is unknown."""

    code = "identity_unavailable"
    kind = Kind.UNAVAILABLE
    message = _("We cannot verify who you are right now. Try again soon.")


class AccountDisabled(DomainError):
    """The account may not be used, here or at Firebase."""

    code = "account_disabled"
    kind = Kind.FORBIDDEN
    message = _("This account has been disabled.")


class AboutYourself(Invalid):
    """Users cannot block or report themselves."""

    code = "about_yourself"
    message = _("You cannot do this to yourself.")


class TicketsUnavailable(DomainError):
    """Redis does not respond, and the ticket is stored there."""

    code = "realtime_unavailable"
    kind = Kind.UNAVAILABLE
    message = _("Live updates are not available now. Try again soon.")
