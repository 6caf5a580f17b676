"""What may a client system pull? Summaries, locations, proposals and the map: figures, never a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView, get_object_or_404
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from locations.models import SpecialLocation
from voters import strikes
from voters.models import Strike

from . import summaries
from .filters import (
    LEVELS,
    LocationFilter,
    NoParameters,
    ProposalFilter,
    StrikeFilter,
    SummaryFilter,
    policy_asked,
    region_code_of,
)
from .models import Proposal
from .numbering import numbers_of
from .places import points_of
from .schema import PROBLEMS
from .serializers import (
    FeatureCollectionSerializer,
    LocationSerializer,
    ProposalDetailSerializer,
    ProposalSerializer,
    StrikesSerializer,
    SummarySerializer,
    feature_of,
)

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request

    from regions.territory import Asks, Reach


SUMMARY_EXAMPLE = OpenApiExample(
    "One province",
    value={
        "policy": "pemilu-2024",
        "as_of": "2026-11-24T09:12:00+07:00",
        "results": [
            {
                "region": "36", "name": "Banten", "locations": 1, "qualified": 1, "tps": 2, "registered": 603,
                "eligible": 590, "ineligible": 13,
                "ballots": {
                    "ppwp": 590, "dpd": 412, "dpr": 96, "dprd_prov": 96, "dprd_kabko": 71, "gub": 0, "bupwal": 0,
                },
            }
        ],
        "totals": {
            "locations": 1, "qualified": 1, "tps": 2, "registered": 603, "eligible": 590, "ineligible": 13,
            "ballots": {
                "ppwp": 590, "dpd": 412, "dpr": 96, "dprd_prov": 96, "dprd_kabko": 71, "gub": 0, "bupwal": 0,
            },
        },
        "unplaced": 4,
    },
)  # fmt: skip


class Nobody:
    """Who asks while the schema is drawn: somebody without any territory in this country."""

    reach: Reach = frozenset({"none"})


NOBODY: Final = Nobody()


class TokenView(GenericAPIView):
    """Answers within the territory of the token."""

    @property
    def who(self) -> Asks:
        token: Any = self.request.auth
        return token or NOBODY


class Summaries(TokenView):
    """Locations, TPS and voters per region. Every level adds up to the same totals."""

    scope = "summaries"
    filterset_class = SummaryFilter
    serializer_class = SummarySerializer
    pagination_class = None

    def get_queryset(self) -> Any:
        return Proposal.objects.visible_to(self.who)

    @extend_schema(
        operation_id="summaries",
        filters=True,
        responses={200: OpenApiResponse(SummarySerializer, examples=[SUMMARY_EXAMPLE]), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        proposals = self.filter_queryset(self.get_queryset())
        asked = request.query_params
        rows = summaries.by_level(proposals, LEVELS[asked.get("level") or "province"])
        answer = {
            "policy": policy_asked(asked.get("policy")).slug,
            "as_of": summaries.as_of(proposals),
            "results": rows,
            "totals": summaries.totals(rows),
            "unplaced": summaries.unplaced(region_code_of(asked.get("region")), who=self.who),
        }
        return Response(self.get_serializer(answer).data)


class Strikes(TokenView):
    """How many voters each regency has to strike from its lists at home, and what it answered."""

    scope = "summaries"
    filterset_class = StrikeFilter
    serializer_class = StrikesSerializer
    pagination_class = None

    def get_queryset(self) -> Any:
        return Strike.objects.visible_to(self.who)

    @extend_schema(operation_id="strikes", filters=True, responses={200: StrikesSerializer, **PROBLEMS})
    def get(self, request: Request) -> Response:
        rows = strikes.by_regency(self.filter_queryset(self.get_queryset()))
        return Response(self.get_serializer({"results": rows, "totals": strikes.totals(rows)}).data)


@extend_schema(responses={200: LocationSerializer(many=True), **PROBLEMS})
class Locations(TokenView, ListAPIView):
    """Special locations that ask for a TPS, by code; without the person in charge."""

    scope = "locations"
    filterset_class = LocationFilter
    serializer_class = LocationSerializer

    def get_queryset(self) -> Any:
        return SpecialLocation.objects.visible_to(self.who).active().select_related("region").order_by("code")


@extend_schema(responses={200: LocationSerializer, **PROBLEMS})
class LocationDetail(TokenView, RetrieveAPIView):
    """One special location that asks for a TPS."""

    scope = "locations"
    filterset_class = NoParameters
    serializer_class = LocationSerializer
    lookup_field = "code"

    def get_queryset(self) -> Any:
        if "\x00" in self.kwargs.get("code", ""):
            raise Http404
        return SpecialLocation.objects.visible_to(self.who).active().select_related("region")


@extend_schema(responses={200: ProposalSerializer(many=True), **PROBLEMS})
class Proposals(TokenView, ListAPIView):
    """Proposals in force of one policy, by location code: the rows of `export_proposals`."""

    scope = "proposals"
    filterset_class = ProposalFilter
    serializer_class = ProposalSerializer

    def get_queryset(self) -> Any:
        visible = Proposal.objects.visible_to(self.who).with_state()
        return visible.select_related("location", "policy").order_by("location__code")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        policy = policy_asked(request.query_params.get("policy"))
        context = {**self.get_serializer_context(), "numbers": numbers_of(page, policy=policy, who=self.who)}
        return self.get_paginated_response(ProposalSerializer(page, many=True, context=context).data)


class ProposalDetail(TokenView):
    """One version of a proposal, in force or superseded, with the voters not eligible by reason."""

    scope = "proposals"
    filterset_class = NoParameters
    serializer_class = ProposalDetailSerializer
    pagination_class = None

    def get_queryset(self) -> Any:
        visible = Proposal.objects.visible_to(self.who).with_state()
        return visible.select_related("location", "policy", "host")

    @extend_schema(responses={200: ProposalDetailSerializer, **PROBLEMS})
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        proposal = get_object_or_404(self.filter_queryset(self.get_queryset()), pk=pk)
        numbers = numbers_of([proposal], policy=proposal.policy, who=self.who)
        context = {**self.get_serializer_context(), "numbers": numbers}
        return Response(ProposalDetailSerializer(proposal, context=context).data)


class GeoJSONRenderer(JSONRenderer):
    media_type = "application/geo+json"
    format = "geojson"
    charset = None


class TPSMap(TokenView):
    """Every location with TPS in force as a point (RFC 7946)."""

    scope = "map"
    filterset_class = ProposalFilter
    serializer_class = FeatureCollectionSerializer
    renderer_classes = [GeoJSONRenderer, JSONRenderer]
    pagination_class = None

    def get_queryset(self) -> Any:
        standing = Proposal.objects.visible_to(self.who).filter(tps__gte=1)
        return standing.select_related("location").order_by("location__code")

    @extend_schema(operation_id="tps_geojson", filters=True, responses={200: FeatureCollectionSerializer, **PROBLEMS})
    def get(self, request: Request) -> Response:
        proposals = list(self.filter_queryset(self.get_queryset()))
        places = [(p.location.region_id, p.location.latitude, p.location.longitude) for p in proposals]
        features = [feature_of(*pair) for pair in zip(proposals, points_of(places), strict=True)]
        return Response({"type": "FeatureCollection", "features": features})
