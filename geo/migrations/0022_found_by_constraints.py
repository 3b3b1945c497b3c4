"""Indexes that a claim writes and nobody needs: a constraint or another index begins with the same column.

A collector's active matches get one of their own, made while the city goes on, in place of that on all he ever had, and
so do those that somebody released.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


UNNEEDED = {
    "geo_handover_proposed_by_id_358ad846": ("geo_handover", "proposed_by_id"),
    "geo_match_collector_id_a743e704": ("geo_match", "collector_id"),
    "geo_match_no_show_by_id_ca643661": ("geo_match", "no_show_by_id"),
    "geo_match_released_by_id_edc3d22f": ("geo_match", "released_by_id"),
    "geo_swipe_collector_id_3a87d9c7": ("geo_swipe", "collector_id"),
    "geo_swipe_pickup_id_13da0a78": ("geo_swipe", "pickup_id"),
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('chat', '0008_found_by_constraints'),
        ('geo', '0021_claim_in_one'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='match',
            index=models.Index(condition=models.Q(('status', 'active')), fields=['collector'], name='match_is_active'),
        ),
        AddIndexConcurrently(
            model_name='match',
            index=models.Index(condition=models.Q(('status', 'released')), fields=['released_by', 'ended_at'], name='match_given_back'),
        ),
        *(
            migrations.RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({column})",
            )
            for name, (table, column) in UNNEEDED.items()
        ),
        # Django would take each foreign key away and check it anew.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='handover',
                    name='proposed_by',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='match',
                    name='collector',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='matches', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='match',
                    name='no_show_by',
                    field=models.ForeignKey(db_index=False, help_text='Who did not show.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='match',
                    name='released_by',
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='swipe',
                    name='collector',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='swipes', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='swipe',
                    name='pickup',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='swipes', to='geo.pickup'),
                ),
            ]
        ),
    ]
