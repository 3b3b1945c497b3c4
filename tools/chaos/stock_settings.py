"""The service's settings, and the channel layer of the tutorials."""

from backend.settings import *  # noqa: F403
from backend.settings import REDIS_URL

CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}}
