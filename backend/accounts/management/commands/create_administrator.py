"""`manage.py create_administrator`: the first account of the admin, which gives all other staff their roles."""

import getpass
import os
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.models import User
from backend.accounts.services.roles import create_administrator
from backend.accounts.services.second_factor import reset_second_factor
from backend.core.text.phones_and_codes import to_e164


class Command(BaseCommand):
    help = "Make an administrator, or make one of the account with this number. Asks for the password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("phone", help="with which they sign in to the admin")
        parser.add_argument("name", help="as other staff see it")
        parser.add_argument("--reset-second-factor", action="store_true", help="for a lost phone without codes")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the password from the terminal, or from ADMINISTRATOR_PASSWORD."""
        phone = to_e164(options["phone"])
        if phone is None:
            raise CommandError("This is not a valid phone number.")
        password = os.environ.get("ADMINISTRATOR_PASSWORD") or getpass.getpass("Password: ")
        try:
            validate_password(password, User(phone=phone, display_name=options["name"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user = create_administrator(phone=phone, name=options["name"], password=password)
        if options["reset_second_factor"]:
            reset_second_factor(user=user)
        self.stdout.write(f"{phone} is an administrator. The second factor is set up at the first sign-in.")
