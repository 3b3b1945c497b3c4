"""When those signed in last who did so before 0018; a little at a time, so that nobody who signs in has to wait."""

from django.db import migrations

BATCH = 1_000
# Whoever has signed in since has been noted by the trigger.
FILL = """
    WITH batch AS (
        SELECT collector.user_id FROM geo_collector AS collector
        WHERE signed_in_at IS NULL
          AND EXISTS (SELECT FROM accounts_session AS session WHERE session.user_id = collector.user_id)
        ORDER BY collector.user_id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE geo_collector AS collector SET signed_in_at = (
        SELECT max(created) FROM accounts_session AS session WHERE session.user_id = collector.user_id)
    FROM batch WHERE collector.user_id = batch.user_id
"""


def fill(apps, schema_editor):
    """Each batch is a transaction of its own."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FILL, [BATCH])
        while cursor.rowcount:
            cursor.execute(FILL, [BATCH])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("geo", "0023_sheets")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
