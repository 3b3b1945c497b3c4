"""Handovers as one state machine: arrivals, no-shows, reminders, every version of a weigh-in, one-time codes."""

import backend.shared.ids
import django.db.models.deletion
import geo.models.weigh_in
from django.conf import settings
from django.db import migrations, models


# Until now nobody noted who did not show. Where nobody knows, nobody is blamed: the match was given back.
NOBODYS_NO_SHOWS = """
    UPDATE geo_match SET status = 'released', release_reason = 'other'
    WHERE status = 'no_show' AND no_show_by_id IS NULL;
    -- Nothing may be left to check when the constraint is added.
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0001_initial'),
        ('geo', '0012_ratings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LeftItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=9)),
            ],
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('evening', 'the evening before'), ('hour', 'an hour before')], max_length=7)),
                ('about', models.DateTimeField(help_text='The agreed time.')),
                ('due_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(help_text='Told, or found to be pointless.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ScalePhoto',
            fields=[
                ('id', models.UUIDField(default=backend.shared.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('large', models.ImageField(height_field='height', upload_to=geo.models.weigh_in.place_of_scale_photo, width_field='width')),
                ('thumb', models.ImageField(upload_to=geo.models.weigh_in.place_of_scale_photo)),
                ('width', models.PositiveIntegerField(editable=False)),
                ('height', models.PositiveIntegerField(editable=False)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='WeighInVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField()),
                ('paid_thb', models.DecimalField(decimal_places=2, max_digits=9)),
                ('net_kg', models.DecimalField(decimal_places=3, max_digits=10)),
                ('lines', models.JSONField()),
                ('left', models.JSONField(default=list)),
                ('note', models.CharField(blank=True, help_text='Why the resident sees it otherwise.', max_length=300)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.AddField(
            model_name='handover',
            name='calendar_sequence',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Grows with every agreed time.'),
        ),
        migrations.AddField(
            model_name='handover',
            name='collector_arrived_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='handover',
            name='collector_evidence',
            field=models.CharField(blank=True, choices=[('gps', 'the phone was there'), ('seen', 'the other side says so')], db_default='', max_length=4),
        ),
        migrations.AddField(
            model_name='handover',
            name='eta',
            field=models.DateTimeField(help_text='When the collector, on his way, expects to arrive.', null=True),
        ),
        migrations.AddField(
            model_name='handover',
            name='resident_arrived_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='handover',
            name='resident_evidence',
            field=models.CharField(blank=True, choices=[('gps', 'the phone was there'), ('seen', 'the other side says so')], db_default='', max_length=4),
        ),
        migrations.AddField(
            model_name='handover',
            name='secret',
            field=models.CharField(blank=True, db_default='', help_text='Of the one-time codes, base 32.', max_length=64),
        ),
        migrations.AddField(
            model_name='handover',
            name='set_off_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='handover',
            name='state',
            field=models.CharField(choices=[('arranging', 'no time proposed yet'), ('proposed', 'a time is proposed, none agreed'), ('agreed', 'a time is agreed'), ('on_the_way', 'the collector has set off'), ('arrived', 'one of the two, or both, are at the door'), ('weighed', 'weighed, to be confirmed'), ('disputed', 'the resident has other figures'), ('done', 'confirmed by both'), ('ended', 'released, or somebody did not show')], db_default='arranging', default='arranging', max_length=10),
        ),
        migrations.AddField(
            model_name='handover',
            name='used_step',
            field=models.BigIntegerField(help_text='The last time step whose one-time code was taken.', null=True),
        ),
        migrations.AddField(
            model_name='match',
            name='left_waiting',
            field=models.BooleanField(db_default=False, default=False, help_text='Released at the door without waiting: counts against who released.'),
        ),
        migrations.AddField(
            model_name='match',
            name='no_show_by',
            field=models.ForeignKey(help_text='Who did not show.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='pickup',
            name='continues',
            field=models.OneToOneField(help_text='The pickup whose rest this is.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='continued_by', to='geo.pickup'),
        ),
        migrations.AddField(
            model_name='weighinline',
            name='pieces',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='handover',
            name='agreed_for',
            field=models.DateTimeField(help_text='The time both last agreed on; it holds until another does.', null=True),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(('agreed_for__isnull', False), models.Q(('state__in', ['agreed', 'on_the_way', 'arrived']), _negated=True), _connector='OR'), name='whoever_comes_has_a_time'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(('weighed_at__isnull', False), models.Q(('state__in', ['weighed', 'disputed', 'done']), _negated=True), _connector='OR'), name='what_is_confirmed_was_weighed'),
        ),
        migrations.RunSQL(NOBODYS_NO_SHOWS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='match',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('no_show_by__isnull', False), ('status', 'no_show')), models.Q(models.Q(('status', 'no_show'), _negated=True), ('no_show_by', None)), _connector='OR'), name='a_no_show_is_somebodys'),
        ),
        migrations.AddField(
            model_name='leftitem',
            name='handover',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='left', to='geo.handover'),
        ),
        migrations.AddField(
            model_name='leftitem',
            name='material',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='geo.material'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='handover',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='geo.handover'),
        ),
        migrations.AddField(
            model_name='scalephoto',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='scalephoto',
            name='handover',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='geo.handover'),
        ),
        migrations.AddField(
            model_name='weighinversion',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='weighinversion',
            name='handover',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='geo.handover'),
        ),
        migrations.AddConstraint(
            model_name='leftitem',
            constraint=models.UniqueConstraint(fields=('handover', 'material'), name='material_left_once'),
        ),
        migrations.AddConstraint(
            model_name='leftitem',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='something_is_left'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('done_at', None)), fields=['due_at'], name='reminder_due'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(fields=('handover', 'kind', 'about'), name='reminded_once_of_a_time'),
        ),
        migrations.AddConstraint(
            model_name='weighinversion',
            constraint=models.UniqueConstraint(fields=('handover', 'number'), name='one_version_per_number'),
        ),
    ]
