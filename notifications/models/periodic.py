"""When each periodic task last did its work."""

from django.db import models


class PeriodicRun(models.Model):
    """One row per periodic task, so that somebody notices when one has stopped. Holds no personal data."""

    name = models.CharField(max_length=60, primary_key=True)
    last_run_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.last_run_at}"
