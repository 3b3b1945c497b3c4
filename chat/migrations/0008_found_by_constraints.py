"""Participants are found by their unique constraint; an index on its first column alone only costs every claim."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('chat', '0007_shown_seq'),
    ]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS chat_participant_conversation_id_568ba5d5",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS chat_participant_conversation_id_568ba5d5 ON chat_participant (conversation_id)",
        ),
        # Django would take each foreign key away and check it anew.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='participant',
                    name='conversation',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='participants', to='chat.conversation'),
                ),
            ]
        ),
    ]
