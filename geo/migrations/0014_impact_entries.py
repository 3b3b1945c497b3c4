"""Receipts take their numbers from a sequence, and only insert what they add to the sums: none waits for another."""

import django.db.models.deletion
from django.db import migrations, models

from backend.core.db.sql import RunSQLFile

KEY = 'scope, owner, month, material_id, factor_set, factor_version, kg_co2e_per_kg, factor_source'


class Migration(migrations.Migration):

    dependencies = [
        ('geo', '0013_ring_notified'),
    ]

    operations = [
        migrations.RunSQL(
            """
            CREATE SEQUENCE geo_receipt_number OWNED BY geo_receipt.number;
            SELECT setval('geo_receipt_number', (SELECT COALESCE(max(number), 0) + 1 FROM geo_receipt), false);
            """,
            'DROP SEQUENCE geo_receipt_number',
        ),
        migrations.AlterField(
            model_name='receipt',
            name='number',
            field=models.BigIntegerField(help_text='Rises with each receipt; some are left out.', unique=True, verbose_name='number'),
        ),
        migrations.CreateModel(
            name='ImpactEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('city', 'City'), ('gave', 'a person, as the one who gave'), ('collected', 'a person, as the one who collected'), ('group', 'Group')], max_length=9)),
                ('owner', models.UUIDField(help_text='The person or group; all zeros for the city.')),
                ('month', models.DateField(help_text='The first day of the month.')),
                ('factor_set', models.CharField(max_length=20)),
                ('factor_version', models.CharField(max_length=20)),
                ('kg_co2e_per_kg', models.DecimalField(decimal_places=4, max_digits=8, null=True)),
                ('factor_source', models.CharField(max_length=240)),
                ('kg', models.DecimalField(decimal_places=3, max_digits=18)),
                ('material', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='geo.material')),
            ],
            options={
                'indexes': [models.Index(fields=['scope', 'owner'], name='impact_entry_by_owner')],
            },
        ),
        # Backwards, what is not in the sums yet is added to them before the table goes.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            f"""
            INSERT INTO geo_impactsum ({KEY}, kg) SELECT {KEY}, sum(kg) FROM geo_impactentry GROUP BY {KEY}
            ON CONFLICT ({KEY}) DO UPDATE SET kg = geo_impactsum.kg + excluded.kg;
            DROP VIEW geo_impact_now
            """,
        ),
        RunSQLFile('count_impact_v2.sql', replaces='count_impact_v1.sql'),
    ]
