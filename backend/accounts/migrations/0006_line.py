from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_constraint_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="line_id",
            field=models.CharField(
                blank=True,
                help_text="Of LINE Login; unlike the address of pushes.",
                max_length=64,
                null=True,
                unique=True,
            ),
        ),
        # The column keeps its name, so that a release can be rolled out while the one before still runs.
        migrations.AlterField(
            model_name="carriedstanding",
            name="number_hash",
            field=models.CharField(db_column="number_hash", max_length=64, primary_key=True, serialize=False),
        ),
        migrations.RenameField(
            model_name="carriedstanding",
            old_name="number_hash",
            new_name="identity_hash",
        ),
    ]
