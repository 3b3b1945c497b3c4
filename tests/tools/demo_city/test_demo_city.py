"""The demo city: the same every time, safe to repeat, never among real people."""

import io
import stat
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Polygon
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from backend.accounts.models import User
from backend.core.clock import city_zone
from geo.grid import cell_of
from geo.matching.services.swipes import record_swipe
from geo.models import Collector, Material, Pickup, PickupItem, PickupPhoto
from tests.factories.people import client_of, make_user
from tools.demo_city import art
from tools.demo_city.admin_account import PHONE, password_file
from tools.demo_city.loading import load_rows, put_photos
from tools.demo_city.people import SEED
from tools.demo_city.places import read_places
from tools.demo_city.plan import CityPlan, plan_city, read_stories

pytestmark = pytest.mark.django_db

BANGKOK = Polygon.from_bbox((100.30, 13.45, 100.95, 13.98))
NOW = timezone.now()


@pytest.fixture
def catalogue(db: None) -> Mapping[str, Material]:
    return {material.code: material for material in Material.objects.all()}


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Drawing takes seconds, so here the pictures are small and empty; TestArt looks at the drawings."""
    settings.PHOTO_SIZES = {"large": 160, "thumb": 40}
    monkeypatch.setattr(art, "draw", lambda motif, variant: Image.new("RGB", (160, 120), "teal"))


def plan_of(catalogue: Mapping[str, Material], pickups: int = 12, seed: int = SEED) -> CityPlan:
    return plan_city(seed=seed, pickups=pickups, collectors=4, catalogue=catalogue)


def load(catalogue: Mapping[str, Material], days: int = 0, pickups: int = 12, seed: int = SEED) -> CityPlan:
    plan = plan_of(catalogue, pickups, seed)
    load_rows(plan=plan, catalogue=catalogue, now=NOW + timedelta(days=days))
    return plan


def run(**options: Any) -> str:
    out = io.StringIO()
    call_command("demo_city", stdout=out, **options)
    return out.getvalue()


def dump() -> list[dict[str, Any]]:
    """Everything the city wrote, but for the numbers that the database gives to items."""
    items = PickupItem.objects.order_by("pickup", "material").values("pickup", "material", "quantity", "kg_estimate")
    kept = [model.objects.order_by("pk").values() for model in (User, Collector, Pickup, PickupPhoto)]
    return [dict(row) for rows in (*kept, items) for row in rows]


class TestPlan:
    @pytest.fixture
    def city(self, catalogue: Mapping[str, Material]) -> CityPlan:
        return plan_city(seed=SEED, pickups=320, collectors=48, catalogue=catalogue)

    def test_covers_every_district(self, city: CityPlan) -> None:
        assert len({pickup.resident.place.district_en for pickup in city.pickups}) == 50
        assert len({place.district_th for place in read_places().values()}) == 50
        assert len({collector.person.place.district_en for collector in city.collectors}) > 40

    def test_puts_everybody_in_bangkok(self, city: CityPlan) -> None:
        assert all(BANGKOK.contains(person.point) for person in city.people)

    def test_is_the_same_for_the_same_seed(self, city: CityPlan, catalogue: Mapping[str, Material]) -> None:
        again = plan_city(seed=SEED, pickups=320, collectors=48, catalogue=catalogue)

        assert again == city
        assert plan_of(catalogue, seed=2).pickups != plan_of(catalogue).pickups

    def test_begins_a_larger_city_with_the_smaller_one(self, catalogue: Mapping[str, Material]) -> None:
        smaller = plan_city(seed=SEED, pickups=200, collectors=4, catalogue=catalogue)
        larger = plan_city(seed=SEED, pickups=240, collectors=6, catalogue=catalogue)

        assert larger.pickups[:200] == smaller.pickups
        assert larger.collectors[:4] == smaller.collectors

    def test_has_every_kind_of_pickup(self, city: CityPlan) -> None:
        assert {pickup.price_mode for pickup in city.pickups} == set(Pickup.PriceMode)
        assert {pickup.choose for pickup in city.pickups} == set(Pickup.Choose)
        assert {pickup.resident.locale for pickup in city.pickups} == {"th", "en"}
        assert len({pickup.title for pickup in city.pickups}) > 200
        assert len({picture for pickup in city.pickups for picture in pickup.pictures}) > 50

    def test_is_believable(self, city: CityPlan) -> None:
        for pickup in city.pickups:
            assert Decimal("0.5") <= pickup.kg_estimate <= 120
            assert pickup.price_thb is None or 15 <= pickup.price_thb <= 2500
            assert 8 <= pickup.from_hour < pickup.until_hour <= 20
            assert "{" not in pickup.title + pickup.note + pickup.address + pickup.access_note + pickup.area

    def test_never_offers_hazardous_material(self, catalogue: Mapping[str, Material]) -> None:
        codes = {item["material"] for story in read_stories()["story"] for item in story["items"]}

        assert not any(catalogue[code].is_hazardous for code in codes)

    def test_draws_a_picture_for_every_story(self) -> None:
        assert {motif for story in read_stories()["story"] for motif in story["pictures"]} == set(art.MOTIFS)

    def test_shows_both_ways_to_match_to_who_tries_it(self, city: CityPlan) -> None:
        for account in city.residents[:2]:
            mine = [pickup for pickup in city.pickups if pickup.resident == account]
            assert {pickup.choose for pickup in mine} == set(Pickup.Choose)


class TestLoading:
    def test_writes_open_pickups_with_windows_ahead(self, catalogue: Mapping[str, Material]) -> None:
        load(catalogue)

        for pickup in Pickup.objects.prefetch_related("items"):
            assert pickup.is_open_at(NOW)
            assert NOW < pickup.window_from < pickup.window_until <= pickup.expires_at
            assert 8 <= pickup.window_from.astimezone(city_zone()).hour < 20
            assert pickup.cell.coords == pytest.approx(cell_of(pickup.location).coords)
            assert sorted(item.material_id for item in pickup.items.all()) == pickup.material_ids
            assert sum(item.kg_estimate for item in pickup.items.all()) == pickup.kg_estimate
            assert pickup.created_at < NOW

    def test_changes_nothing_the_second_time(self, catalogue: Mapping[str, Material]) -> None:
        load(catalogue)
        before = dump()

        load(catalogue)

        assert dump() == before

    def test_adds_only_what_a_larger_city_has_more(self, catalogue: Mapping[str, Material]) -> None:
        load(catalogue)
        before = set(Pickup.objects.values_list("pk", "title"))

        load(catalogue, pickups=15)

        assert Pickup.objects.count() == 15
        assert before < set(Pickup.objects.values_list("pk", "title"))

    def test_reopens_what_ran_out(self, catalogue: Mapping[str, Material]) -> None:
        load(catalogue)
        Pickup.objects.filter(pk__in=Pickup.objects.values("pk")[:3]).update(status="expired", closed_at=NOW)

        load(catalogue, days=30)

        later = NOW + timedelta(days=30)
        assert Pickup.objects.count() == 12
        assert all(pickup.is_open_at(later) and pickup.window_from > later for pickup in Pickup.objects.all())
        assert not Pickup.objects.exclude(closed_at=None).exists()

    def test_leaves_what_people_changed(self, catalogue: Mapping[str, Material]) -> None:
        load(catalogue)
        cancelled, matched, handed_over, renamed = Pickup.objects.order_by("pk")[:4]
        for pickup, status in ((cancelled, "cancelled"), (matched, "matched"), (handed_over, "handed_over")):
            Pickup.objects.filter(pk=pickup.pk).update(status=status)
        Pickup.objects.filter(pk=renamed.pk).update(title="Mine now")

        load(catalogue, days=30)

        for pickup, status in ((cancelled, "cancelled"), (matched, "matched"), (handed_over, "handed_over")):
            after = Pickup.objects.get(pk=pickup.pk)
            assert (after.status, after.expires_at) == (status, pickup.expires_at)
        assert Pickup.objects.get(pk=renamed.pk).title == "Mine now"

    def test_leaves_an_expired_pickup_whose_likes_were_closed(self, catalogue: Mapping[str, Material]) -> None:
        plan = load(catalogue)
        pickup = Pickup.objects.filter(choose="resident").first()
        assert pickup
        collector = plan.collectors[0].person
        record_swipe(collector_id=collector.id, pickup_id=pickup.pk, direction="like", now=NOW)
        Pickup.objects.filter(pk=pickup.pk).update(status="expired")

        load(catalogue, days=30)

        assert Pickup.objects.get(pk=pickup.pk).status == Pickup.Status.EXPIRED

    def test_takes_no_phone_from_anybody(self, catalogue: Mapping[str, Material]) -> None:
        real = make_user(phone="+66800000001", display_name="Really somebody")

        load(catalogue)

        real.refresh_from_db()
        assert (real.phone, real.display_name) == ("+66800000001", "Really somebody")
        assert not real.pickups.exists()
        assert User.objects.filter(display_name="มาลี สุขสันต์", phone=None).exists()

    def test_keeps_the_accounts_of_another_seed(self, catalogue: Mapping[str, Material]) -> None:
        load(catalogue)
        load(catalogue, seed=2)

        malee = User.objects.get(phone="+66800000001")
        assert Pickup.objects.count() == 24
        assert malee.pickups.count() == 2

    def test_sorts_behind_what_is_posted_later(self, catalogue: Mapping[str, Material]) -> None:
        load(catalogue)

        assert make_user().pk > max(User.objects.filter(phone=None).values_list("pk", flat=True))


@pytest.mark.usefixtures("pictures")
class TestPhotos:
    def test_gives_every_photo_its_two_files(self, catalogue: Mapping[str, Material]) -> None:
        run(pickups=5, collectors=2)

        photos = list(PickupPhoto.objects.all())
        assert len({photo.pickup_id for photo in photos}) == 5
        for photo in photos:
            with Image.open(photo.large.path) as large, Image.open(photo.thumb.path) as thumb:
                assert (large.size, thumb.size) == ((160, 120), (40, 30))
            assert (photo.width, photo.height) == (160, 120)

    def test_loses_one_file_without_the_others(self, catalogue: Mapping[str, Material]) -> None:
        run(pickups=30, collectors=2)
        photos = list(PickupPhoto.objects.all())

        default_storage.delete(str(photos[0].large.name))

        assert all(default_storage.exists(str(photo.large.name)) for photo in photos[1:])

    def test_brings_back_lost_files_but_no_deleted_photo(self, catalogue: Mapping[str, Material]) -> None:
        run(pickups=5, collectors=2)
        lost, deleted = PickupPhoto.objects.all()[:2]
        default_storage.delete(str(lost.large.name))
        default_storage.delete(str(deleted.large.name))
        deleted.delete()

        run(pickups=5, collectors=2)

        assert default_storage.exists(str(lost.large.name))
        assert not default_storage.exists(str(deleted.large.name))
        assert not PickupPhoto.objects.filter(pk=deleted.pk).exists()

    def test_counts_every_photo(self, catalogue: Mapping[str, Material]) -> None:
        plan, steps = load(catalogue, pickups=3), []
        run(pickups=3, collectors=4)

        put_photos(plan=plan, advance=lambda: steps.append(1))

        assert len(steps) == PickupPhoto.objects.count()


class TestArt:
    @pytest.mark.parametrize("motif", art.MOTIFS)
    def test_draws_something_of_its_own(self, motif: str) -> None:
        picture = art.draw(motif, 0)

        assert picture.size == (art.WIDTH, art.HEIGHT)
        assert len(picture.reduce(8).getcolors(30_000) or []) > 100

    def test_draws_the_same_again(self) -> None:
        assert art.draw("cans", 1).tobytes() == art.draw("cans", 1).tobytes()
        assert art.draw("cans", 1).tobytes() != art.draw("cans", 2).tobytes()


@pytest.mark.usefixtures("pictures")
class TestCommand:
    @pytest.fixture
    def local_dir(self, settings: Settings, tmp_path: Path) -> Path:
        settings.LOCAL_DIR = tmp_path
        return tmp_path

    def test_refuses_production(self, settings: Settings) -> None:
        settings.IS_PRODUCTION = True

        for options in ({}, {"accounts": True}):
            with pytest.raises(CommandError, match="never loaded in production"):
                run(**options)
        assert not User.objects.exists()

    def test_asks_for_the_catalogue(self) -> None:
        Material.objects.all().delete()

        with pytest.raises(CommandError, match="load_materials"):
            run()

    def test_refuses_an_empty_city(self) -> None:
        with pytest.raises(CommandError, match="at least one"):
            run(pickups=0)

    def test_tells_what_it_loaded(self, catalogue: Mapping[str, Material], local_dir: Path) -> None:
        assert "60 pickups in 50 districts" in run(pickups=60, collectors=3)
        assert "0 pickups new, 0 open again" in run(pickups=60, collectors=3)

    def test_names_whom_to_sign_in_as(self, catalogue: Mapping[str, Material], local_dir: Path) -> None:
        text = run(accounts=True)

        for word in ("Malee", "+66800000001", "James", "Somchai", "+66800000011", "Anna", "/api/v1/auth/sign-in"):
            assert word in text
        assert not User.objects.exists()

    def test_has_places_that_take_material(self, catalogue: Mapping[str, Material], local_dir: Path) -> None:
        run(pickups=1, collectors=1)

        answer = Client().get(
            "/api/v1/drop-off-points", {"lat": "13.7307", "lon": "100.5418"}, HTTP_ACCEPT_LANGUAGE="en"
        )
        assert "Lumphini Park sorting point" in {point["name"] for point in answer.json()["results"]}

    def test_lets_the_named_accounts_find_pickups(self, catalogue: Mapping[str, Material]) -> None:
        run(pickups=120, collectors=4)

        for phone in ("+66800000011", "+66800000012"):
            cards = client_of(User.objects.get(phone=phone)).get("/api/v1/deck").json()["cards"]
            assert len(cards) >= 5
            assert all(card["photos"] for card in cards)

    def test_makes_an_admin_on_a_developers_machine_only(
        self, catalogue: Mapping[str, Material], local_dir: Path, settings: Settings
    ) -> None:
        run(pickups=1, collectors=1)
        assert not User.objects.filter(is_staff=True).exists()
        settings.ENVIRONMENT = "development"

        run(pickups=1, collectors=1)

        password = password_file().read_text().strip()
        assert stat.S_IMODE(password_file().stat().st_mode) == 0o600
        assert Client().login(username=PHONE, password=password)
        assert str(password_file()) in run(accounts=True)
        assert password not in run(accounts=True)

    def test_keeps_the_password_of_the_admin_until_it_is_lost(
        self, catalogue: Mapping[str, Material], local_dir: Path, settings: Settings
    ) -> None:
        settings.ENVIRONMENT = "development"
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        run(pickups=1, collectors=1)
        first = password_file().read_text()
        run(pickups=1, collectors=1)
        assert password_file().read_text() == first

        password_file().unlink()
        run(pickups=1, collectors=1)

        assert password_file().read_text() != first
        assert Client().login(username=PHONE, password=password_file().read_text().strip())

    def test_makes_nobody_else_staff(
        self, catalogue: Mapping[str, Material], local_dir: Path, settings: Settings
    ) -> None:
        settings.ENVIRONMENT = "development"
        holder = make_user(phone=PHONE)

        run(pickups=1, collectors=1)

        holder.refresh_from_db()
        assert not holder.is_staff
        assert not password_file().exists()
