"""Rename constraints to say plainly what they hold; a rename locks nothing for long and reads no row."""

from django.conf import settings
from django.db import migrations, models

from backend.core.db.sql import rename_constraint


# Table, the name before, the name now.
RENAMED = [
    ("chat_participant", "once_in_a_conversation", "one_participation_per_conversation"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[rename_constraint(*names) for names in RENAMED],
            state_operations=[
                migrations.RemoveConstraint(
                    model_name='participant',
                    name='once_in_a_conversation',
                ),
                migrations.AddConstraint(
                    model_name='participant',
                    constraint=models.UniqueConstraint(fields=('conversation', 'user'), name='one_participation_per_conversation'),
                ),
            ],
        ),
    ]
