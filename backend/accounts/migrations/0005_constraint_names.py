"""Rename constraints to say plainly what they hold; a rename locks nothing for long and reads no row."""

from django.db import migrations, models


# Table, the name before, the name now.
RENAMED = [
    ("accounts_block", "nobody_blocks_himself", "nobody_blocks_themselves"),
]


def rename(table, before, after):
    """Rename one constraint, and back."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} RENAME CONSTRAINT {before} TO {after}",
        f"ALTER TABLE {table} RENAME CONSTRAINT {after} TO {before}",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_carried_standing'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[rename(*names) for names in RENAMED],
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
