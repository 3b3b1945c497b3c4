"""Where somebody says he is, for a while."""

from django.contrib.gis.db import models

from chat.models.message import Message


class MessageLocation(models.Model):
    """Personal data: the exact point, sent with consent. Nothing else holds it, and the row goes when it expires."""

    message = models.OneToOneField(Message, models.CASCADE, primary_key=True, related_name="location")
    point = models.PointField(geography=True, srid=4326, spatial_index=False)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"location of {self.message_id}"
