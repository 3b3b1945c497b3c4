"""A claim by somebody who gave a match back within a day is not plain: how many they were is to be counted first."""

from importlib import import_module

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

CLAIM = import_module("geo.migrations.0021_claim_in_one").CLAIM.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
ACTIVE = "OR (SELECT count(*) FROM geo_match WHERE collector_id = by_id AND status = 'active') >= matches_max"
GIVEN_BACK = """OR EXISTS (SELECT FROM geo_match WHERE released_by_id = by_id AND collector_id = by_id
                      AND status = 'released' AND ended_at > at - interval '1 day')"""


class Migration(migrations.Migration):
    atomic = False  # the index is made while the city goes on
    dependencies = [("geo", "0025_fill_signed_in_at"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        AddIndexConcurrently(
            "match",
            models.Index(
                fields=["released_by", "ended_at"], condition=Q(status="released"), name="match_given_back"
            ),
        ),
        migrations.RunSQL(CLAIM.replace(ACTIVE, f"{ACTIVE}\n        {GIVEN_BACK}"), CLAIM),
    ]
