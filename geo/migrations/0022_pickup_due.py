from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("geo", "0021_hidden")]

    operations = [
        AddIndexConcurrently(
            model_name="pickup",
            index=models.Index(
                condition=models.Q(status__in=["open", "on_hold"]), fields=["expires_at"], name="pickup_due"
            ),
        ),
    ]
