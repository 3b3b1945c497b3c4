"""Rename constraints to say plainly what they hold; a rename locks nothing for long and reads no row."""

from django.conf import settings
from django.db import migrations, models


# Table, the name before, the name now.
RENAMED = [
    ("chat_participant", "once_in_a_conversation", "one_participation_per_conversation"),
]


def rename(table, before, after):
    """Rename one constraint, and back."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} RENAME CONSTRAINT {before} TO {after}",
        f"ALTER TABLE {table} RENAME CONSTRAINT {after} TO {before}",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[rename(*names) for names in RENAMED],
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
