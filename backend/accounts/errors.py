"""The refusals of accounts, each with its stable code."""

from django.utils.translation import gettext_lazy as _

from backend.core.errors import DomainError, Kind, conflict, forbidden, invalid, refusal

# No such way to sign in here; `demo` is none once a Firebase project is configured.
ProviderUnknown = invalid(
    "provider_unknown",
    _("This way to sign in does not exist here."),
    _("Choose another way to sign in. The welcome page shows those that work."),
)
# Not a valid phone number.
PhoneInvalid = invalid(
    "phone_invalid",
    _("This is not a valid phone number."),
    _("Check the digits, and add the country code for a number from abroad, such as +66."),
)


class IdentityRefused(DomainError):
    """The ID token proves nothing: forged, of another project, of a user who is gone, or no token at all."""

    code = "identity_invalid"
    kind = Kind.UNAUTHENTICATED
    message = _("We could not verify who you are. Sign in again.")
    advice = _("Start signing in from the beginning. If it happens again, update the app.")


class IdentityExpired(IdentityRefused):
    """The ID token is too old."""

    code = "identity_expired"
    message = _("This sign-in took too long. Try again.")
    advice = _("Start signing in again, and check that the clock of your phone is right.")


class IdentityRevoked(IdentityRefused):
    """The ID token was good once, and was revoked."""

    code = "identity_revoked"
    message = _("This sign-in has been withdrawn. Sign in again.")
    advice = _("Sign in again. If it was not you who withdrew it, change your password there.")


class IdentityAnonymous(IdentityRefused):
    """The ID token is of an anonymous Firebase user, whom this service does not admit."""

    code = "identity_anonymous"
    message = _("Sign in with a phone number or an account first.")
    advice = _("Go back, and sign in with your phone number, an account or LINE.")


class IdentityUsed(IdentityRefused):
    """The ID token was made for one sign-in, and has been used."""

    code = "identity_used"
    message = _("This sign-in has been used already. Sign in again.")
    advice = _("Start signing in from the beginning; that gives you a fresh proof.")


# Firebase or LINE does not respond, so the identity is unknown.
IdentityUnavailable = refusal(
    Kind.UNAVAILABLE,
    "identity_unavailable",
    _("We cannot verify who you are right now. Try again soon."),
    _("Wait a minute and try again. If you are still signed in elsewhere, that goes on working."),
)
# The account may not be used, here or at Firebase.
AccountDisabled = forbidden(
    "account_disabled",
    _("This account has been disabled."),
    _("If you think that this is a mistake, write to the operator of the service."),
)
# Its user has asked to erase it, and can still take that back.
AccountErasing = forbidden(
    "account_erasing",
    _("You asked us to erase this account. Within %(days)s days you can still keep it."),
    _("Sign in again and choose to keep it. Without that it is erased for good when the days are over."),
)
# What was proved belongs to another account, which is used.
IdentityHasAccount = conflict(
    "identity_has_account",
    _(
        "This sign-in belongs to another account. To use that account, sign in with it. To use it for this account, "
        "first erase the other one."
    ),
    _("Decide which account you want to keep. While the other one is unused, it is merged by itself."),
)
# The account has another sign-in of this kind.
AnotherLinked = conflict(
    "another_identity_linked",
    _("You have linked another account of this kind. Unlink it first."),
    _("Open your account, unlink the one that you no longer use, and link the new one."),
)
# Without it nobody could sign in to the account.
LastIdentity = conflict(
    "last_identity",
    _("This is the only way in which you can sign in. Link another one first."),
    _("Link a phone number or another account first. To leave for good, erase your account."),
)
# Staff sign in to the admin with their phone number.
NumberOfStaff = conflict(
    "number_of_staff",
    _("You need your phone number to sign in to the admin."),
    _("Ask an administrator to take over your tasks first."),
)
# Signed for an erasure, and too old or changed.
ConfirmationInvalid = invalid(
    "confirmation_invalid",
    _("This confirmation is too old. Nothing has been erased."),
    _("Start again, and confirm within ten minutes."),
)
# The text has changed since the client read its version.
ConsentOutdated = conflict(
    "consent_outdated",
    _("This text has changed. Please read the present one."),
    _("Open the text again, and agree to what it says now."),
)
# Users cannot block or report themselves.
AboutYourself = invalid("about_yourself", _("You cannot do this to yourself."), _("Choose another person."))
# Redis does not respond, and the ticket is stored there.
TicketsUnavailable = refusal(
    Kind.UNAVAILABLE,
    "realtime_unavailable",
    _("Live updates are not available now. Try again soon."),
    _("The app goes on without them and tries again by itself. Messages arrive a little later."),
)
# Roles of staff: only by administrators, and never one's own.
NotAllowedToGiveRoles = forbidden(
    "not_allowed_to_give_roles",
    _("You may not give this role."),
    _("Ask an administrator. Nobody changes their own role."),
)
# A moderator has suspended the account, for a time or for good.
AccountSuspended = forbidden(
    "account_suspended",
    _("Your account is suspended. You can read, export and erase your data, and object to the decision."),
    _("Open your account: there you find the reason and until when, and you can object."),
)
