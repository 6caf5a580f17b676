from django.db import migrations


def struck(apps, schema_editor):
    """Until now whoever was ticked off was struck."""
    apps.get_model("voters", "Strike").everywhere.filter(answered_at__isnull=False).update(answer="struck")


def only_struck(apps, schema_editor):
    """The earlier form knows of no other answer."""
    others = apps.get_model("voters", "Strike").everywhere.exclude(answer="struck")
    others.update(answer="", answered_at=None, answered_by=None)


class Migration(migrations.Migration):

    dependencies = [
        ('voters', '0008_what_the_home_regency_answers'),
    ]

    operations = [migrations.RunPython(struck, only_struck)]
