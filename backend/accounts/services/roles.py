"""Giving roles to staff, and the first administrator."""

from django.db import transaction

from backend.accounts.errors import NotAllowedToGiveRoles
from backend.accounts.fields import StaffRole
from backend.accounts.models import User


@transaction.atomic
def give_role(*, by: User, user: User, role: str) -> User:
    """Give a user a role, or take it away with an empty one. Only administrators do, and never for themselves.

    Administrators are locked first: of two who take the role from each other at once, the second is refused.
    """
    found = User.objects.filter(pk__in=[by.pk, user.pk]).select_for_update(of=("self",), no_key=True).order_by("pk")
    people = {person.pk: person for person in found}
    giver, receiver = people[by.pk], people[user.pk]
    is_allowed = giver.is_active and giver.is_superuser and giver != receiver
    if not is_allowed or receiver.erased_at or role not in {"", *StaffRole.values}:
        raise NotAllowedToGiveRoles
    set_role(receiver, role)
    receiver.save(update_fields=["role", "is_staff", "is_superuser"])
    return receiver


def set_role(user: User, role: str) -> None:
    """Set a role and what follows from it, without saving."""
    user.role = role
    user.is_staff = bool(role)
    user.is_superuser = role == StaffRole.ADMINISTRATOR


@transaction.atomic
def create_administrator(*, phone: str, name: str, password: str) -> User:
    """Make an account with the highest role, or give that role and the password to the one with this number.

    `phone` in E.164.
    """
    user = User.objects.filter(phone=phone).select_for_update(of=("self",), no_key=True).first()
    if user is None:
        return User.objects.create_superuser(phone, password, display_name=name)
    set_role(user, StaffRole.ADMINISTRATOR)
    user.set_password(password)
    user.save(update_fields=["role", "is_staff", "is_superuser", "password"])
    return user
