"""`manage.py demo_city`: loads a made-up Bangkok to try the service in, or lists its accounts."""

import shlex
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Never

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from tqdm import tqdm

from backend.core.clock import city_zone, read_clock
from geo.drop_off.services import load_drop_off_points
from geo.models import Material
from tools.demo_city.admin_account import PHONE, ensure_admin, password_file
from tools.demo_city.loading import Loaded, drawings_to_make, load_rows, put_photos
from tools.demo_city.people import SEED, Account, accounts_of
from tools.demo_city.pictures import make_drawings
from tools.demo_city.places import read_places
from tools.demo_city.plan import CityPlan, plan_city

DROP_OFF = Path(__file__).resolve().parents[2] / "drop_off.csv"
LANGUAGES = {"th": "Thai", "en": "English"}


class Command(BaseCommand):
    """`manage.py demo_city`."""

    help = "Load a made-up Bangkok with residents, collectors and pickups. Safe to repeat; never in production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What may be chosen."""
        parser.add_argument("--seed", type=int, default=SEED, help="The same number makes the same city.")
        parser.add_argument("--pickups", type=int, default=320)
        parser.add_argument("--collectors", type=int, default=48)
        parser.add_argument(
            "--accounts", action="store_true", help="Load nothing; list the accounts and how to sign in."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the city, or print the accounts. Raises CommandError in production and without a catalogue."""
        if settings.IS_PRODUCTION:
            raise CommandError("The demo city is made of invented people and is never loaded in production.")
        if options["accounts"]:
            self.stdout.write(describe_accounts())
            return
        if options["pickups"] < 1 or options["collectors"] < 1:
            raise CommandError("A city has at least one pickup and one collector.")
        self.stdout.write(_load(options["seed"], options["pickups"], options["collectors"]))


def _load(seed: int, pickups: int, collectors: int) -> str:
    catalogue = {material.code: material for material in Material.objects.all()}
    try:
        plan = plan_city(seed=seed, pickups=pickups, collectors=collectors, catalogue=catalogue)
    except KeyError as missing:
        raise CommandError(f"There is no material {missing} in the catalogue: run manage.py load_materials.") from None
    loaded = _write(plan, catalogue)
    load_drop_off_points(file=DROP_OFF, source="Demo city", checked_on=read_clock().astimezone(city_zone()).date())
    has_admin = settings.ENVIRONMENT == "development" and ensure_admin()
    admin = f" Admin: {PHONE}, password in {password_file()}." if has_admin else ""
    return f"{_summary(plan, loaded)}{admin}"


def _write(plan: CityPlan, catalogue: dict[str, Material]) -> Loaded:
    drawings = drawings_to_make(plan)
    total = len(drawings) + 1 + sum(len(pickup.pictures) for pickup in plan.pickups)
    with _bar(total) as bar:
        for motif, _ in make_drawings(drawings):
            bar.set_postfix_str(motif, refresh=False)
            bar.update()
        loaded = load_rows(plan=plan, catalogue=catalogue, now=read_clock())
        bar.update()
        put_photos(plan=plan, advance=bar.update)
        bar.set_postfix_str("", refresh=False)
    return loaded


def _bar(total: int) -> "tqdm[Never]":
    """A progress bar that writes only a few lines to a log file."""
    interval = 0.1 if sys.stderr.isatty() else 5
    return tqdm(total=total, desc="Demo city", unit="step", mininterval=interval, dynamic_ncols=True)


def _summary(plan: CityPlan, loaded: Loaded) -> str:
    districts = len({pickup.resident.place.district_en for pickup in plan.pickups})
    return (
        f"Demo city {plan.seed}: {len(plan.pickups)} pickups in {districts} districts, "
        f"{len(plan.collectors)} collectors; {loaded.pickups} pickups new, {loaded.reopened} open again."
    )


def describe_accounts() -> str:
    """The accounts as a table, and how to sign in as one of them."""
    accounts = accounts_of("resident") + accounts_of("collector")
    lines = [_line("phone", "name", "role", "language", "place"), *(_account_line(account) for account in accounts)]
    return "\n".join(["Demo accounts (a phone number is enough to sign in):", *lines, "", _how_to_sign_in(accounts[0])])


def _account_line(account: Account) -> str:
    place = read_places()[account.place]
    where = f"{place.name_en}, {place.district_en}"
    return _line(account.phone, account.label, account.role, LANGUAGES[account.locale], where)


def _line(*cells: str) -> str:
    return "  " + "".join(f"{cell:<{width}}" for cell, width in zip(cells, (15, 10, 12, 10, 1), strict=True)).rstrip()


def _how_to_sign_in(account: Account) -> str:
    body = f'{{"provider": "demo", "phone": "{account.phone}"}}'
    lines = [
        f"curl -s {shlex.quote(f'{settings.PUBLIC_URL}/api/v1/auth/sign-in')} "
        f"-H 'Content-Type: application/json' -d {shlex.quote(body)}",
    ]
    if password_file().exists():
        lines.append(f"{settings.PUBLIC_URL}/admin/  phone {PHONE}, password: cat {password_file()}")
    return "\n".join(f"  {line}" for line in lines)
