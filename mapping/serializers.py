"""What does a client read? Figures and places, never a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from locations.models import Kind, SpecialLocation, Subkind

from . import documents
from .core.plan import BALLOTS
from .models import Outcome, Proposal
from .states import State

if TYPE_CHECKING:
    from .places import Point

Count = serializers.IntegerField


class BallotsSerializer(serializers.Serializer):
    """Eligible voters by the ballots they are entitled to; 0 where the election lacks the ballot."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {ballot: Count(min_value=0) for ballot in BALLOTS}


class FiguresSerializer(serializers.Serializer):
    locations = Count(min_value=0, help_text="Special locations with a proposal in force.")
    qualified = Count(min_value=0, help_text="Those of them with TPS of their own.")
    tps = Count(min_value=0)
    registered = Count(min_value=0)
    eligible = Count(min_value=0)
    ineligible = Count(min_value=0, help_text="Registered less eligible, each voter once.")
    ballots = BallotsSerializer()


class SummaryRowSerializer(FiguresSerializer):
    region = serializers.CharField(
        allow_null=True, help_text="Null for all places that are not known down to this level."
    )
    name = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        return {name: fields.pop(name) for name in ("region", "name")} | fields


class StrikeFiguresSerializer(serializers.Serializer):
    """Voters listed at special locations, by what the home regency answered."""

    listed = Count(min_value=0, help_text="Voters to be struck at home: the sum of the next four.")
    waiting = Count(min_value=0)
    found = Count(min_value=0, help_text="Found on a list at home, still to be struck.")
    not_found = Count(min_value=0)
    struck = Count(min_value=0)
    taken_back = Count(min_value=0, help_text="No longer listed at a special location; in no other figure.")


class StrikeRowSerializer(StrikeFiguresSerializer):
    region = serializers.CharField(help_text="The home regency.")
    name = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        return {name: fields.pop(name) for name in ("region", "name")} | fields


class StrikesSerializer(serializers.Serializer):
    results = StrikeRowSerializer(many=True)
    totals = StrikeFiguresSerializer()


class SummarySerializer(serializers.Serializer):
    policy = serializers.SlugField()
    as_of = serializers.DateTimeField(allow_null=True, help_text="When the newest of the proposals was computed.")
    results = SummaryRowSerializer(many=True)
    totals = FiguresSerializer()
    unplaced = Count(
        min_value=0, help_text="Voters away from home without a special location; they count in no other figure."
    )


class LocationSerializer(serializers.ModelSerializer):
    """A special location that asks for a TPS, in the column names of the location file."""

    kode_lokasi = serializers.CharField(source="code")
    nama = serializers.CharField(source="name")
    kategori = serializers.ChoiceField(Kind.choices, source="kind")
    jenis = serializers.ChoiceField(Subkind.choices, source="subkind", allow_blank=True)
    kode_wilayah = serializers.CharField(source="region_id")
    nama_wilayah = serializers.CharField(source="region.name")
    alamat = serializers.CharField(source="address")
    lintang = serializers.FloatField(source="latitude", allow_null=True)
    bujur = serializers.FloatField(source="longitude", allow_null=True)
    kapasitas = Count(source="capacity", allow_null=True)
    perkiraan_pemilih = Count(source="estimated_voters", allow_null=True)
    tps_diminta = Count(source="requested_tps", allow_null=True)

    class Meta:
        model = SpecialLocation
        fields = [
            "kode_lokasi", "nama", "kategori", "jenis", "kode_wilayah", "nama_wilayah", "alamat", "lintang", "bujur",
            "kapasitas", "perkiraan_pemilih", "tps_diminta",
        ]  # fmt: skip


class ProposalSerializer(serializers.ModelSerializer):
    """The columns of `export_proposals` and what tells one version from another.

    The context carries `numbers`, by proposal id.
    """

    policy = serializers.SlugField(source="policy.slug")
    state = serializers.ChoiceField(State.choices)

    class Meta:
        model = Proposal
        fields = ["id", "policy", "version", "computed_at", "fingerprint", "state"]

    def get_fields(self) -> dict[str, serializers.Field]:
        columns = {name: column_field(name) for name in documents.COLUMNS}
        return columns | super().get_fields()

    def to_representation(self, instance: Proposal) -> dict[str, Any]:
        columns = documents.row_of(instance, self.context["numbers"].get(instance.pk, ()))
        return columns | {
            "id": str(instance.pk),
            "policy": instance.policy.slug,
            "version": instance.version,
            "computed_at": self.fields["computed_at"].to_representation(instance.computed_at),
            "fingerprint": instance.fingerprint,
            "state": instance.state,
        }


class ProposalDetailSerializer(ProposalSerializer):
    """One version, with the voters that are not eligible by reason."""

    superseded_at = serializers.DateTimeField(allow_null=True)
    ineligible = serializers.DictField(
        child=Count(min_value=0),
        help_text="Voters by reason; whoever fails for two counts under both.",
    )
    host = serializers.CharField(
        allow_null=True, help_text="`kode_lokasi` of the location whose TPS these voters vote at, where combined."
    )

    class Meta(ProposalSerializer.Meta):
        fields = [*ProposalSerializer.Meta.fields, "superseded_at", "ineligible", "host"]

    def to_representation(self, instance: Proposal) -> dict[str, Any]:
        return super().to_representation(instance) | {
            "superseded_at": instance.superseded_at
            and self.fields["superseded_at"].to_representation(instance.superseded_at),
            "ineligible": instance.ineligible,
            "host": instance.host.code if instance.host else None,
        }


def column_field(name: str) -> serializers.Field:
    """The type of one column of the export, for the schema."""
    if name in {"terdaftar", "memenuhi_syarat", "tps", *BALLOTS}:
        return Count(min_value=0)
    if name == "kategori":
        return serializers.ChoiceField(Kind.choices)
    if name == "hasil":
        return serializers.ChoiceField(Outcome.choices)
    return serializers.CharField(allow_blank=True)


class PointSerializer(serializers.Serializer):
    type = serializers.ChoiceField(["Point"])

    @extend_schema_field({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2})
    class Position(serializers.ListField):
        """Longitude, latitude."""

    coordinates = Position()


class TPSPropertiesSerializer(serializers.Serializer):
    kode_lokasi = serializers.CharField()
    nama = serializers.CharField()
    kategori = serializers.ChoiceField(Kind.choices)
    kode_wilayah = serializers.CharField()
    tps = Count(min_value=1)
    memenuhi_syarat = Count(min_value=0)
    approximate = serializers.BooleanField(
        help_text="True where the location has no point of its own: the middle of its smallest region that has one."
    )


class FeatureSerializer(serializers.Serializer):
    type = serializers.ChoiceField(["Feature"])
    id = serializers.UUIDField(help_text="The proposal.")
    geometry = PointSerializer(allow_null=True)
    properties = TPSPropertiesSerializer()


class FeatureCollectionSerializer(serializers.Serializer):
    type = serializers.ChoiceField(["FeatureCollection"])
    features = FeatureSerializer(many=True)


def feature_of(proposal: Proposal, point: Point | None) -> dict[str, Any]:
    location = proposal.location
    return {
        "type": "Feature",
        "id": str(proposal.pk),
        "geometry": point and {"type": "Point", "coordinates": [point.longitude, point.latitude]},
        "properties": {
            "kode_lokasi": location.code,
            "nama": location.name,
            "kategori": location.kind,
            "kode_wilayah": location.region_id,
            "tps": proposal.tps,
            "memenuhi_syarat": proposal.eligible,
            "approximate": point is None or point.is_approximate,
        },
    }
