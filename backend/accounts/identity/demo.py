"""Anybody is whoever he says: for a machine at home, and only while no Firebase project is configured."""

from collections.abc import Mapping

from backend.accounts.errors import PhoneInvalid
from backend.accounts.identity import Identity
from backend.accounts.identity.phones import to_e164


class DemoProvider:
    """A phone number is enough."""

    def identify(self, credentials: Mapping[str, str]) -> Identity:
        """Believe `phone`. Raises PhoneInvalid for what is none."""
        phone = to_e164(credentials["phone"])
        if phone is None:
            raise PhoneInvalid(field="phone")
        return Identity(phone=phone, name=credentials.get("name", ""), locale=credentials.get("locale", ""))
