"""Names of regions for every template: `{{ location.region|region_path }}`, `{{ row.name|short_region }}`."""

from django import template

from regions import naming

register = template.Library()
register.filter("region_path", naming.path_of)


@register.filter
def short_region(name: str) -> str:
    """`Kab. Tangerang`, as KPU writes it, for `Kabupaten Tangerang`; every other name as it is."""
    return f"Kab. {name.removeprefix('Kabupaten ')}" if name.startswith("Kabupaten ") else name
