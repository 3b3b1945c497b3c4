"""Rename constraints to say plainly what they hold; a rename locks nothing for long and reads no row."""

from django.conf import settings
from django.db import migrations, models

from backend.core.db.sql import rename_constraint


# Table, the name before, the name now.
RENAMED = [
    ("geo_handover", "whoever_comes_has_a_time", "agreed_state_has_agreed_for"),
    ("geo_handover", "what_is_confirmed_was_weighed", "weighed_state_has_weighed_at"),
    ("geo_leftitem", "material_left_once", "one_leftover_per_material"),
    ("geo_leftitem", "something_is_left", "leftover_quantity_is_positive"),
    ("geo_match", "a_no_show_is_somebodys", "no_show_by_fits_status"),
    ("geo_pickupitem", "material_once_in_a_pickup", "one_item_per_material"),
    ("geo_reminder", "reminded_once_of_a_time", "one_reminder_per_kind_and_time"),
    ("geo_swipe", "likes_queue_and_passes_do_not", "only_likes_have_queue_number"),
    ("geo_weighinline", "material_weighed_once", "one_weigh_in_per_material"),
]


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0002_constraint_names'),
        ('geo', '0011_holds_and_excuses'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[rename_constraint(*names) for names in RENAMED],
            state_operations=[
                migrations.RemoveConstraint(
                    model_name='handover',
                    name='whoever_comes_has_a_time',
                ),
                migrations.RemoveConstraint(
                    model_name='handover',
                    name='what_is_confirmed_was_weighed',
                ),
                migrations.RemoveConstraint(
                    model_name='leftitem',
                    name='material_left_once',
                ),
                migrations.RemoveConstraint(
                    model_name='leftitem',
                    name='something_is_left',
                ),
                migrations.RemoveConstraint(
                    model_name='match',
                    name='a_no_show_is_somebodys',
                ),
                migrations.RemoveConstraint(
                    model_name='pickupitem',
                    name='material_once_in_a_pickup',
                ),
                migrations.RemoveConstraint(
                    model_name='reminder',
                    name='reminded_once_of_a_time',
                ),
                migrations.RemoveConstraint(
                    model_name='swipe',
                    name='likes_queue_and_passes_do_not',
                ),
                migrations.RemoveConstraint(
                    model_name='weighinline',
                    name='material_weighed_once',
                ),
                migrations.AddConstraint(
                    model_name='handover',
                    constraint=models.CheckConstraint(condition=models.Q(('agreed_for__isnull', False), models.Q(('state__in', ['agreed', 'on_the_way', 'arrived']), _negated=True), _connector='OR'), name='agreed_state_has_agreed_for'),
                ),
                migrations.AddConstraint(
                    model_name='handover',
                    constraint=models.CheckConstraint(condition=models.Q(('weighed_at__isnull', False), models.Q(('state__in', ['weighed', 'disputed', 'done']), _negated=True), _connector='OR'), name='weighed_state_has_weighed_at'),
                ),
                migrations.AddConstraint(
                    model_name='leftitem',
                    constraint=models.UniqueConstraint(fields=('handover', 'material'), name='one_leftover_per_material'),
                ),
                migrations.AddConstraint(
                    model_name='leftitem',
                    constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='leftover_quantity_is_positive'),
                ),
                migrations.AddConstraint(
                    model_name='match',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('no_show_by__isnull', False), ('status', 'no_show')), models.Q(models.Q(('status', 'no_show'), _negated=True), ('no_show_by', None)), _connector='OR'), name='no_show_by_fits_status'),
                ),
                migrations.AddConstraint(
                    model_name='pickupitem',
                    constraint=models.UniqueConstraint(fields=('pickup', 'material'), name='one_item_per_material'),
                ),
                migrations.AddConstraint(
                    model_name='reminder',
                    constraint=models.UniqueConstraint(fields=('handover', 'kind', 'about'), name='one_reminder_per_kind_and_time'),
                ),
                migrations.AddConstraint(
                    model_name='swipe',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('direction', 'pass'), ('like_state', ''), ('queue_number', None)), models.Q(('direction', 'like'), ('queue_number__isnull', False), models.Q(('like_state', ''), _negated=True)), _connector='OR'), name='only_likes_have_queue_number'),
                ),
                migrations.AddConstraint(
                    model_name='weighinline',
                    constraint=models.UniqueConstraint(fields=('handover', 'material'), name='one_weigh_in_per_material'),
                ),
            ],
        ),
    ]
