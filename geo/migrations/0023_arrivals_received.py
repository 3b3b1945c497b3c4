from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("geo", "0022_pickup_due")]

    operations = [
        migrations.AddField(
            model_name="handover",
            name="collector_arrival_received_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="handover",
            name="resident_arrival_received_at",
            field=models.DateTimeField(
                editable=False, help_text="When the service heard of it; the phone says when it was.", null=True
            ),
        ),
    ]
