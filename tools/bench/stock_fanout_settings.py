"""The service's settings, and the pub/sub channel layer."""

from backend.settings import *  # noqa: F403
from backend.settings import REDIS_URL

CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}
