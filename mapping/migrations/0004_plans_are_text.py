"""A plan is JSON kept as text. SQLite stores it so already; to alter its table would drop the triggers on it."""

from django.db import migrations, models


def to_text(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE mapping_proposal ALTER COLUMN plan TYPE text USING plan::text")


def to_json(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE mapping_proposal ALTER COLUMN plan TYPE jsonb USING plan::jsonb")


class Migration(migrations.Migration):
    dependencies = [("mapping", "0003_runs_keep_their_figures")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(to_text, to_json)],
            state_operations=[migrations.AlterField("proposal", "plan", models.TextField())],
        )
    ]
