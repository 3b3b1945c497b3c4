"""Demo sign-in without proof, for development; available only while no Firebase project is configured."""

from collections.abc import Mapping

from backend.accounts.errors import PhoneInvalid
from backend.accounts.identity import Identity
from backend.core.text.typed import to_e164


class DemoProvider:
    """Accepts any phone number."""

    def identify(self, credentials: Mapping[str, str]) -> Identity:
        """The identity with this `phone`. Raises PhoneInvalid."""
        phone = to_e164(credentials["phone"])
        if phone is None:
            raise PhoneInvalid(field="phone")
        return Identity(phone=phone, name=credentials.get("name", ""), locale=credentials.get("locale", ""))
