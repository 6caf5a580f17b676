"""What does a client read of a region?"""

from __future__ import annotations

from rest_framework import serializers

from .levels import Level
from .models import Region


class RegionSerializer(serializers.ModelSerializer):
    level = serializers.SerializerMethodField(help_text="`country`, `province`, `regency`, `district` or `village`.")
    parent = serializers.CharField(source="parent_id", allow_null=True, help_text="Code of the region above.")  # type: ignore[assignment]
    latitude = serializers.FloatField(allow_null=True, help_text="Degrees, WGS 84; null for villages.")
    longitude = serializers.FloatField(allow_null=True, help_text="Degrees, WGS 84; null for villages.")

    class Meta:
        model = Region
        fields = ("code", "name", "level", "parent", "latitude", "longitude")

    def get_level(self, region: Region) -> str:
        return Level(region.level).name.lower()
