"""One person, and many groups at the same instant."""

from functools import partial

from pytest_django import Settings

from backend.core.clock import read_clock
from geo.errors import TooManyGroups
from geo.groups.services import found_group, join_group
from geo.models import Membership
from tests.factories.people import make_user
from tests.races.together import at_once, require_answers


def test_nobody_is_in_more_than_allowed(settings: Settings) -> None:
    settings.GROUPS_MAX = 2
    user, now = make_user(), read_clock()
    others = [found_group(user_id=make_user().pk, name="House", kind="building", now=now) for _ in range(4)]
    found = partial(found_group, user_id=user.pk, name="School", kind="school", now=now)

    results = at_once(
        [partial(join_group, user_id=user.pk, code=group.code or "", now=now) for group in others] + [found] * 4
    )

    require_answers(results)
    assert sum(isinstance(result, TooManyGroups) for result in results) == 6
    assert Membership.objects.filter(user=user).count() == 2
