"""The whole demo city as a plan: the same for the same seed and catalogue, before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from geo.demo.people import CollectorPlan, Person, plan_collectors, plan_residents
from geo.demo.stories import PickupPlan, plan_pickups
from geo.models import Material

# With this one Malee and James, as whom people try the service, have pickups of both ways to match.
SEED = 92


@dataclass(frozen=True)
class CityPlan:
    """Who lives in the demo city, who collects, and what is given away."""

    seed: int
    residents: list[Person]
    collectors: list[CollectorPlan]
    pickups: list[PickupPlan]

    @property
    def people(self) -> list[Person]:
        """Everybody with an account."""
        return self.residents + [collector.person for collector in self.collectors]


def plan_city(*, seed: int, pickups: int, collectors: int, catalogue: Mapping[str, Material]) -> CityPlan:
    """Plan a city. Raises KeyError when the catalogue lacks a material."""
    residents = plan_residents(seed, pickups)
    return CityPlan(
        seed=seed,
        residents=residents,
        collectors=plan_collectors(seed, collectors),
        pickups=plan_pickups(seed, pickups, residents, catalogue),
    )
