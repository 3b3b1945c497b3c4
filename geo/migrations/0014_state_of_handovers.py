"""Handovers that were there before have a state and, while they go on, a secret for one-time codes."""

import base64
import secrets

from django.db import migrations

STATES = """
    UPDATE geo_handover AS handover SET state = CASE
        WHEN match.status = 'completed' THEN 'done'
        WHEN match.status <> 'active' THEN 'ended'
        WHEN handover.weighed_at IS NOT NULL THEN 'weighed'
        WHEN handover.agreed_for IS NOT NULL THEN 'agreed'
        WHEN handover.proposed_for IS NOT NULL THEN 'proposed'
        ELSE 'arranging' END
    FROM geo_match AS match WHERE match.id = handover.match_id
"""


def draw_secrets(apps, schema_editor):
    """160 bits each, as RFC 4226 wants."""
    Handover = apps.get_model("geo", "Handover")
    for handover in Handover.objects.filter(match__status="active", secret="").iterator():
        handover.secret = base64.b32encode(secrets.token_bytes(20)).decode()
        handover.save(update_fields=["secret"])


class Migration(migrations.Migration):

    dependencies = [("geo", "0013_handover_steps")]

    operations = [
        migrations.RunSQL(STATES, migrations.RunSQL.noop),
        migrations.RunPython(draw_secrets, migrations.RunPython.noop),
    ]
