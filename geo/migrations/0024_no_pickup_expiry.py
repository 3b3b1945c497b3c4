from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("geo", "0023_arrivals_received")]

    operations = [RemoveIndexConcurrently(model_name="pickup", name="pickup_expiry")]
