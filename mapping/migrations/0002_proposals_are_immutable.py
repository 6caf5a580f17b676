"""Proposals and decisions never change; a proposal may only be superseded.

Triggers, on both databases: what was written stays as it was, whoever asks.
"""

from django.db import migrations

TABLES = {"mapping_proposal": "superseded_at", "mapping_decision": ""}


def add(apps, schema_editor):
    for table, free in TABLES.items():
        for statement in statements(schema_editor.connection.vendor, table, free):
            schema_editor.execute(statement)


def drop(apps, schema_editor):
    for table in TABLES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_kept ON {table}")
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_kept()")
        else:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")


def statements(vendor, table, free):
    """`free` is the one column that may change, or empty."""
    if vendor == "postgresql":
        same = f"(to_jsonb(NEW) - '{free}') = (to_jsonb(OLD) - '{free}')" if free else "false"
        yield f"""
            CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND {same} THEN RETURN NEW; END IF;
                RAISE EXCEPTION '{table} is insert-only' USING ERRCODE = 'integrity_constraint_violation';
            END $$"""
        yield f"""
            CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_kept()"""
        return
    guarded = f"OF {', '.join(GUARDED[table])} " if free else ""
    yield f"""
        CREATE TRIGGER {table}_no_update BEFORE UPDATE {guarded}ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"""
    yield f"""
        CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"""


GUARDED = {
    "mapping_proposal": (
        "id", "territory", "location_id", "policy_id", "run_id", "version", "computed_at", "fingerprint", "outcome",
        "host_id", "registered", "eligible", "male", "female", "ineligible", "tps", "engine_tps", "ppwp", "dpd", "dpr",
        "dprd_prov", "dprd_kabko", "gub", "bupwal", "plan",
    ),
}


class Migration(migrations.Migration):
    dependencies = [("mapping", "0001_initial")]
    operations = [migrations.RunPython(add, drop)]
