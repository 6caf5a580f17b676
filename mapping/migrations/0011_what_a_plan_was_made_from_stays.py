"""The trigger of 0002 names its columns on SQLite; on PostgreSQL it compares whole rows."""

from django.db import migrations


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("""
            CREATE TRIGGER mapping_proposal_inputs_kept BEFORE UPDATE OF inputs_hash ON mapping_proposal
            BEGIN SELECT RAISE(ABORT, 'mapping_proposal is insert-only'); END""")


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER IF EXISTS mapping_proposal_inputs_kept")


class Migration(migrations.Migration):
    dependencies = [("mapping", "0010_what_a_plan_was_made_from")]

    operations = [migrations.RunPython(guard, unguard)]
