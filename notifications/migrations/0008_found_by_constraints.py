"""Events are found by their unique constraint; an index on its first column alone only costs every claim."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('notifications', '0007_drop_push_pending'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS notifications_event_user_id_972ad26d",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS notifications_event_user_id_972ad26d ON notifications_event (user_id)",
        ),
        # Django would take each foreign key away and check it anew.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='event',
                    name='user',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to=settings.AUTH_USER_MODEL),
                ),
            ]
        ),
    ]
