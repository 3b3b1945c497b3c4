"""The cool-down's former names."""

from backend.shared.redis_cooldown import RedisCoolingDown as RedisRests
from backend.shared.redis_cooldown import cooldown as rest

__all__ = ["RedisRests", "rest"]
