"""Who says himself that he is there is told from whom the other has seen; the database does nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('geo', '0019_pieces_on_receipts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='handover',
            name='collector_evidence',
            field=models.CharField(blank=True, choices=[('gps', 'the phone was there'), ('seen', 'the other side says so'), ('own', 'he says so himself: he sees the other')], db_default='', max_length=4),
        ),
        migrations.AlterField(
            model_name='handover',
            name='resident_evidence',
            field=models.CharField(blank=True, choices=[('gps', 'the phone was there'), ('seen', 'the other side says so'), ('own', 'he says so himself: he sees the other')], db_default='', max_length=4),
        ),
    ]
