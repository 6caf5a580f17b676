from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('voters', '0009_who_was_ticked_off_is_struck'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='strike',
            constraint=models.CheckConstraint(
                condition=Q(Q(('answer', ''), ('answered_at', None), ('answered_by', None)), Q(('answer__in', ['found', 'not_found', 'struck']), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'),
                name='strike_answered_by_somebody',
            ),
        ),
    ]
