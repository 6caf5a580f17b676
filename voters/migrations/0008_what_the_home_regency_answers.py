from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('voters', '0007_refused_rows_corrected_by_hand'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='strike', name='strike_acknowledged_by_somebody'),
        migrations.RenameField(model_name='strike', old_name='acknowledged_at', new_name='answered_at'),
        migrations.RenameField(model_name='strike', old_name='acknowledged_by', new_name='answered_by'),
        migrations.AddField(
            model_name='strike',
            name='answer',
            field=models.CharField(blank=True, choices=[('found', 'found, still to be struck'), ('not_found', 'not found'), ('struck', 'struck')], db_default='', default='', max_length=9),
        ),
    ]
