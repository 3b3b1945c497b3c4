"""One first receipt for each match, without locking the receipts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("geo", "0009_corrections")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    "receipt",
                    models.UniqueConstraint(
                        condition=models.Q(("corrects", None)), fields=("match",), name="one_first_receipt_per_match"
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY one_first_receipt_per_match ON geo_receipt (match_id) "
                    "WHERE corrects_id IS NULL",
                    "DROP INDEX CONCURRENTLY one_first_receipt_per_match",
                ),
            ],
        ),
    ]
