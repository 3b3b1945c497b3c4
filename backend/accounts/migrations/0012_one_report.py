"""One report for each thing and person."""

from django.db import migrations, models

NAME = "one_report_per_thing_and_person"
CREATE = f"""
    CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON accounts_report (kind, object_id, reporter_id)
    WHERE object_id IS NOT NULL
"""


class Migration(migrations.Migration):
    atomic = False  # an index is created beside the requests
    dependencies = [("accounts", "0011_suspensions")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, f"DROP INDEX CONCURRENTLY {NAME}")],
            state_operations=[
                migrations.AddConstraint(
                    model_name="report",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("object_id__isnull", False)),
                        fields=("kind", "object_id", "reporter"),
                        name=NAME,
                    ),
                ),
            ],
        ),
    ]
