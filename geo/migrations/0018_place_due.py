from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("geo", "0017_place_removed")]

    operations = [
        AddIndexConcurrently(
            model_name="pickup",
            index=models.Index(
                condition=models.Q(closed_at__isnull=False, place_removed_at=None),
                fields=["closed_at"],
                name="pickup_place_due",
            ),
        ),
    ]
