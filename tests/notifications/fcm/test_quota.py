"""No window sees more messages than the quota, however many workers send."""

import time
from itertools import pairwise

import pytest
from pytest_django import Settings

from backend.core.redis.client import key, sync_redis
from notifications.push.backends import Accepted, Postponed
from notifications.push.fcm import FcmBackend
from notifications.push.throttle import Quota, fcm_quota
from tools.fcm.quota import count_busiest_window, make_message, send_from_workers
from tools.fcm.server import FcmServer

LIMIT = 120


def idle_for(seconds: float) -> None:
    """Move the quota's clock, instead of waiting."""
    name = key("fcm:quota")
    for field in ("at", "began"):
        was = float(sync_redis().hget(name, field) or 0)  # type: ignore[arg-type]
        sync_redis().hset(name, field, f"{was - seconds:.6f}")


class TestBucket:
    def test_gives_a_tenth_of_its_burst_after_idle(self, redis_prefix: str) -> None:
        quota = Quota(limit=600_000)

        assert quota.take(1_000_000).count == 3_000

    def test_ramps_up_within_a_minute(self, redis_prefix: str) -> None:
        quota = Quota(limit=600_000)
        quota.take(1)
        given = []
        for _ in range(7):
            quota.take(1_000_000)
            began = float(sync_redis().hget(key("fcm:quota"), "began") or 0)  # type: ignore[arg-type]
            sync_redis().hset(key("fcm:quota"), "began", f"{began - 10:.6f}")  # ten seconds later, but empty
            at = float(sync_redis().hget(key("fcm:quota"), "at") or 0)  # type: ignore[arg-type]
            sync_redis().hset(key("fcm:quota"), "at", f"{at - 1:.6f}")  # one second of inflow
            given.append(quota.take(1_000_000).count)

        assert all(later > earlier for earlier, later in pairwise(given[:6]))
        assert given[0] < 2_800
        assert 9_000 < given[-1] < 12_000

    def test_begins_slowly_again_after_idle(self, redis_prefix: str) -> None:
        quota = Quota(limit=600_000)
        quota.take(1)
        idle_for(61)

        assert quota.take(1_000_000).count == 3_000

    def test_says_when_there_will_be_one(self, redis_prefix: str) -> None:
        quota = Quota(limit=60, window_s=60, ramp_s=0.001)
        quota.take(1)
        time.sleep(0.01)
        while (grant := quota.take(10)).count:
            pass

        assert 0 < grant.after_s < 1.2

    def test_a_burst_and_all_that_flows_in_stay_below(self, redis_prefix: str) -> None:
        quota = Quota(limit=6_000, ramp_s=0.001)
        quota.take(1)
        idle_for(59)
        total = quota.take(1_000_000).count
        for _ in range(60):
            idle_for(1)
            total += quota.take(1_000_000).count

        assert 5_000 < total <= 6_000

    def test_without_redis_takes_a_twentieth(self, dead_redis: None) -> None:
        quota = Quota(limit=2_000)

        counts = [quota.take(80).count for _ in range(3)]

        assert counts == [80, 20, 0]


class TestSending:
    def test_waits_for_the_quota_within_a_call(self, backend: FcmBackend, fcm: FcmServer, settings: Settings) -> None:
        settings.FCM_QUOTA, settings.FCM_QUOTA_WINDOW_S = 60, 1
        fcm_quota.cache_clear()

        outcomes = list(backend.send([make_message(f"phone-{number}") for number in range(5)]))

        assert outcomes == [Accepted()] * 5

    def test_puts_off_what_would_take_too_long(self, backend: FcmBackend, fcm: FcmServer, settings: Settings) -> None:
        settings.FCM_QUOTA, settings.PUSH_LEASE_S = 2, 30  # a third of it is the longest wait
        fcm_quota.cache_clear()

        first, *others = list(backend.send([make_message(f"phone-{number}") for number in range(4)]))

        assert first == Accepted()
        assert [type(other) for other in others] == [Postponed] * 3
        assert len(fcm.sent) == 1

    @pytest.mark.parametrize("workers", [2])
    def test_holds_in_every_window_over_several_processes(
        self, backend: FcmBackend, fcm: FcmServer, settings: Settings, workers: int, redis_prefix: str
    ) -> None:
        limit, window_s = LIMIT, 1
        Quota(limit=limit, window_s=window_s).take(1)
        sync_redis().hset(key("fcm:quota"), "began", f"{time.time() - 100:.6f}")  # has ramped up
        environment = {
            "REDIS_PREFIX": redis_prefix,
            "FIREBASE_PROJECT_ID": settings.FIREBASE_PROJECT_ID,
            "GOOGLE_APPLICATION_CREDENTIALS": settings.FIREBASE_CREDENTIALS_FILE,
        }

        arrivals = send_from_workers(
            fcm, workers=workers, seconds=2, limit=limit, window_s=window_s, environment=environment
        )

        # Few on a machine that is busy; the control below shows that it would be more without the quota.
        assert len(arrivals) > limit / 10
        assert count_busiest_window(arrivals, window_s) <= limit

    def test_control_without_the_quota_a_window_sees_more(self, backend: FcmBackend, fcm: FcmServer) -> None:
        """The control of the test above: without the quota more messages arrive within a second."""
        began = time.monotonic()
        while count_busiest_window(sorted(fcm.arrivals), 1) <= LIMIT and time.monotonic() < began + 10:
            list(backend.send([make_message(f"phone-{number}") for number in range(50)]))

        assert count_busiest_window(sorted(fcm.arrivals), 1) > LIMIT
