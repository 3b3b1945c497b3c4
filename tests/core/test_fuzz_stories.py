"""Random stories by the links of the schema: what one operation has made goes on to the next.

`FUZZ_EXAMPLES=200 bin/test tests/core/test_fuzz_stories.py` looks longer.
"""

from collections import Counter
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from schemathesis.core.transport import Response

from tests.core.test_fuzz import CHECKS, EXAMPLES, call, load, world  # noqa: F401 - a fixture
from tests.matrix.world import World

STEPS = 6


@pytest.mark.slow
def test_stories_by_the_links_of_the_schema(world: World) -> None:  # noqa: F811
    """Every story begins in the same world; the owner, who makes things, acts in it."""
    statuses, followed = Counter[int](), Counter[str]()

    class Story(load().as_state_machine()):  # type: ignore[misc]
        token: ClassVar[str] = world.tokens["owner"]

        def setup(self) -> None:
            self.block = transaction.atomic()
            self.block.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

        def call(self, case: Any, **_: Any) -> Response:
            with transaction.atomic():
                response = call(case, "", self.token)
            statuses[response.status_code] += 1
            if case.path_parameters:
                followed[case.operation.definition.raw["operationId"]] += response.status_code < 300
            return Response.from_requests(response, verify=False)

        def validate_response(self, response: Response, case: Any, *_: Any, **__: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    Story.run(
        settings=settings(
            max_examples=10 * EXAMPLES,
            stateful_step_count=STEPS,
            phases=[Phase.generate],
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=HealthCheck,
        )
    )

    print(f"stories: {statuses.total()} requests, {dict(statuses)}, {dict(followed)}")  # noqa: T201
    assert followed.total() > 0
