"""A column without a default, so that SQLite adds it in place and keeps the triggers on the table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mapping", "0009_what_happened_since_it_was_final")]

    operations = [migrations.AddField("proposal", "inputs_hash", models.BinaryField(max_length=16, null=True))]
