"""Rename constraints to say plainly what they hold; a rename locks nothing for long and reads no row."""

from django.db import migrations, models

from backend.core.db.sql import rename_constraint


# Table, the name before, the name now.
RENAMED = [
    ("accounts_block", "nobody_blocks_himself", "nobody_blocks_themselves"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_carried_standing'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[rename_constraint(*names) for names in RENAMED],
            state_operations=[
                migrations.RemoveConstraint(
                    model_name='block',
                    name='nobody_blocks_himself',
                ),
                migrations.AddConstraint(
                    model_name='block',
                    constraint=models.CheckConstraint(condition=models.Q(('blocker', models.F('blocked')), _negated=True), name='nobody_blocks_themselves'),
                ),
            ],
        ),
    ]
