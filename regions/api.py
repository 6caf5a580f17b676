"""Which regions are in force? The list that gives a client the codes of all other answers."""

from __future__ import annotations

from rest_framework.generics import ListAPIView

from .filters import RegionFilter
from .models import Region, RegionQuerySet
from .serializers import RegionSerializer


class Regions(ListAPIView):
    """Regions of the edition in force, the whole country, by code; with `q` the best match first."""

    scope = "regions"
    filterset_class = RegionFilter
    serializer_class = RegionSerializer

    def get_queryset(self) -> RegionQuerySet:
        return Region.objects.current().order_by("pk")
