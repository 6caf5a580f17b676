"""Every route of the site, and a register written by the verbs whose rows bear a name that nobody elsewhere may read."""

import datetime
import io
import re
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, get_resolver
from django.utils import timezone

from accounts.models import Role
from locations import registration as places
from locations.models import Kind
from mapping import determination as determining
from mapping import recompute, review, scenarios
from mapping.models import Policy, Proposal, Suggestion
from tests import factories
from voters import acts, answers, confirming, importing, mending, orders, registration, searches, searching, tasks
from voters.models import DuplicateCase, Undo, Voter
from voters.reading import Reading

CANARY = "Kanari"
ARGUMENT = re.compile(r"<\w+:(\w+)>")
# Everybody may see these; whoever adds one says why in the code beside it.
OPEN = {"login", "set_language", "schema", "api-docs", "healthz", "readyz", "metrics", ""}
API = "api/v1/"
# The path up to an argument -> which row of the register it names, and by which of its fields.
OBJECTS = {
    "lokasi/<uuid:pk>": ("location", "pk"),
    "pemilih/lokasi/<uuid:pk>": ("location", "pk"),
    "pemilih/berkas/<uuid:pk>": ("batch", "pk"),
    "pemilih/coret/jawaban/<uuid:pk>": ("answers", "pk"),
    "pemilih/pencarian/jawaban/<uuid:pk>": ("found", "pk"),
    "pemilih/pencarian/<uuid:pk>": ("sought", "pk"),
    "pemilih/<uuid:pk>": ("voter", "pk"),
    "pemilih/pindahan/<uuid:pk>": ("transfer", "pk"),
    "pemilih/ganda/<uuid:pk>": ("case", "pk"),
    "pemilih/ganda/tindakan/<uuid:pk>": ("act", "pk"),
    "telaah/penetapan/<uuid:pk>": ("determination", "pk"),
    "peta/usulan/<uuid:pk>": ("suggestion", "pk"),
    "telaah/pemilih/<uuid:voter_id>": ("voter", "pk"),
    "telaah/<uuid:proposal_id>": ("proposal", "pk"),
    "telaah/lokasi/<uuid:location_id>": ("location", "pk"),
    "kebijakan/<slug:slug>": ("scenario", "slug"),
    "api/v1/locations/<path:code>": ("location", "code"),
    "api/v1/proposals/<uuid:pk>": ("proposal", "pk"),
}

# What no territory holds: everybody who is signed in may read it.
OF_EVERYBODY = {"kebijakan/<slug:slug>"}
ABSENT = {"code": "36.03-999", "slug": "tidak-ada"}


class Route(NamedTuple):
    path: str
    name: str

    @property
    def arguments(self) -> list[str]:
        """Each argument with the path before it, as OBJECTS names them."""
        return [self.path[: found.end()] for found in ARGUMENT.finditer(self.path)]

    @property
    def is_api(self) -> bool:
        return self.path.startswith(API) and self.name not in OPEN

    @property
    def is_pattern(self) -> bool:
        """True for what catches every other path."""
        return self.path.endswith("$")

    def url(self, world: dict[str, Any] | None) -> str:
        """The address of the register's rows, or, without one, of rows that do not exist."""
        path = self.path
        for argument in self.arguments:
            path = path.replace(ARGUMENT.search(argument)[0], str(_named(argument, world)), 1)
        return f"/{path}"


def _named(argument: str, world: dict[str, Any] | None) -> Any:
    kind, field = OBJECTS[argument]
    if world is not None:
        return getattr(world[kind], field)
    return ABSENT.get(field) or uuid.uuid4()


def routes() -> list[Route]:
    return [route for route in _walk(get_resolver().url_patterns, "", "") if not route.is_pattern]


def _walk(patterns: Any, before: str, namespace: str) -> Iterator[Route]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Route(path, f"{namespace}:{pattern.name}" if namespace else pattern.name or "")
        else:
            yield from _walk(pattern.url_patterns, path, pattern.namespace or namespace)


def write_register() -> dict[str, Any]:
    """A location of Banten with list, refused row, proposal and decision, written by the verbs and the worker's work."""
    factories.policy(minimum=1)
    factories.region(factories.HOME)
    operator = factories.user(Role.OPERATOR, "36.03")
    location = _location(operator)
    batch = _list(location, operator)
    _ordered_back(batch, operator)
    _mended(_list(location, operator), operator)
    unplaced = _unplaced(operator)
    _corrected(location, operator)
    case, act = _listed_twice(location, operator)
    recompute.changed()
    tasks.remember_condition()
    places.submit(location=location, by=operator)
    proposal = Proposal.everywhere.in_force(Policy.objects.get(is_current=True)).get(location=location)
    review.approve(
        proposal=proposal, seen=proposal.fingerprint, note=f"{CANARY} catatan", by=factories.user(Role.REVIEWER)
    )
    determination = _determined()
    return {
        "determination": determination,
        "suggestion": Suggestion.everywhere.create(
            territory="36.03", region=factories.region(factories.VILLAGE), voters=120, sure_percent=90
        ),
        "location": location,
        "batch": batch,
        "answers": _answered(answers.load, "C-1-AAA;ditemukan", operator),
        "found": _answered(searches.load, "D-1-AAA;ditemukan", operator),
        "sought": searches.make(home=factories.HOME[:5], lacks="nik", due=timezone.localdate(), by=operator),
        "case": case,
        "act": act,
        "transfer": _announced(location),
        "voter": Voter.everywhere.filter(location=location).earliest("pk"),
        "unplaced": unplaced,
        "proposal": proposal,
        "scenario": _scenario(),
    }


def _determined() -> Any:
    """Another location, all the way to its list."""
    operator, reviewer = factories.user(Role.OPERATOR, "36.03"), factories.user(Role.REVIEWER)
    values = {"name": f"{CANARY} Lapas", "person_in_charge": f"{CANARY} Kepala", "letter_number": "1"}
    final = factories.special_location(**values)
    factories.voter(final, name=f"{CANARY} Terdaftar", home=factories.region("36.74.01.1001"))
    policy = Policy.objects.get(is_current=True)
    recompute.locations([final.pk])
    places.submit(location=final, by=operator)
    proposal = Proposal.everywhere.in_force(policy).get(location=final)
    review.approve(proposal=proposal, seen=proposal.fingerprint, by=reviewer)
    ready = determining.readiness(Proposal.everywhere.filter(location=final), policy)
    region = factories.region(final.region_id)
    determining.determine(policy=policy, region=region, seen=ready.seen, by=reviewer)
    return final.determinations.get()


def _answered(load: Any, row: str, operator: Any) -> Any:
    """A list that came back with a reference that nobody gave out."""
    text = f"referensi;hasil;nama;nik;nkk\n{row};{CANARY};;\n"
    return load(file=io.BytesIO(text.encode()), file_name=f"{CANARY}.csv", by=operator)


def _scenario() -> Any:
    fields = {"name": "Dicoba", "maximum": 200}
    current = Policy.objects.get(is_current=True)
    return scenarios.derive(based_on=current, fields=fields, by=factories.user(Role.REVIEWER))


def _location(operator: Any) -> Any:
    data = {
        "name": f"{CANARY} Rutan",
        "kind": Kind.PRISON,
        "region": factories.region(),
        "person_in_charge": f"{CANARY} Kepala",
        "address": f"{CANARY} Jalan",
    }
    return places.enter(data=data, by=operator)


def _list(location: Any, operator: Any) -> Any:
    """Two rows of one NIK (a case), one that is refused; one was there already, and is given a block of its own; one
    who was there is not named."""
    header = "nama;nik;tanggal_lahir;jenis_kelamin;blok;kode_wilayah_domisili\n"
    satu = f"{CANARY} Satu;3603280101900001;1990-01-01;L;;{factories.HOME}\n"
    lama = f"{CANARY} Lama;3603280202910001;1991-02-02;L;;{factories.HOME}\n"
    _imported(header + satu + lama, location, operator)
    text = (
        f"{header}{CANARY} Satu;3603280101900001;1990-01-01;L;{CANARY} Blok;{factories.HOME}\n"
        f"{CANARY} Dua Lain;3603280101900001;1990-01-01;L;;{factories.HOME}\n"
        f"{CANARY} Tiga;123;1990-01-01;L;;{factories.HOME}\n"
    )
    return _imported(text, location, operator, mode="replace")


def _ordered_back(batch: Any, operator: Any) -> None:
    """The worker was to take it back, and the register had moved by then."""
    order = {"territory": batch.territory, "batch": batch, "reason": f"{CANARY} salah", "seen": "1-0-0"}
    Undo.everywhere.create(**order, asked_by=operator, ended_at=timezone.now(), failure="moved")


def _mended(batch: Any, operator: Any) -> None:
    """The refused row of another list, corrected by hand."""
    mending.mend(refusal=batch.refusals.get(), fields={"nik": "-"}, by=operator)


def _corrected(location: Any, operator: Any) -> None:
    """A list whose columns somebody named; it stays unread."""
    file = io.BytesIO(f"{CANARY};lahir;kelamin\n{CANARY} Empat;1990-01-01;L\n".encode())
    batch = importing.receive(file=file, file_name=f"{CANARY}.csv", location=location, by=operator, is_checked=True)
    reading = Reading(mapping=("nama", "tanggal_lahir", "jenis_kelamin"))
    header = [CANARY, "lahir", "kelamin"]
    confirming.confirm(batch=batch, reading=reading, header=header, location=location, by=operator)


def _imported(text: str, location: Any, operator: Any, **how: Any) -> Any:
    file = io.BytesIO(text.encode())
    return importing.run(importing.receive(file=file, file_name=f"{CANARY}.csv", location=location, by=operator, **how))


def _listed_twice(location: Any, operator: Any) -> tuple[Any, Any]:
    """One person under two NIKs, a digit apart: an open case that somebody is on, and an act about it."""
    factories.region("36.03.18")
    person = {"nama": f"{CANARY} Kembar", "tanggal_lahir": "1985-02-02", "jenis_kelamin": "L"}
    for nik in ("3603280202850001", "3603180202850001"):
        fields = {**person, "nik": nik, "kode_wilayah_domisili": factories.HOME}
        registration.register(location=location, fields=fields, by=operator)
    searching.search()
    case = DuplicateCase.everywhere.filter(kind="likely").earliest("pk")
    acts.take(case=case, by=operator)
    on = datetime.date(2023, 12, 1)
    done = acts.arrive(cases=[case], on=on, name=f"{CANARY} tindakan", reason=f"{CANARY} alasan", by=operator)
    return case, done.act


def _announced(location: Any) -> Any:
    """Somebody of another province, announced to the location; its office has not answered."""
    elsewhere = factories.special_location(region_code="33.01.01.2001", name=f"{CANARY} Lapas Jauh")
    voter = factories.voter(elsewhere, name=f"{CANARY} Pindahan")
    on = datetime.date(2024, 1, 5)
    order = orders.Order("transfer", on=on, to=location, is_announced=True)
    sender = factories.user(Role.OPERATOR, "33.01")
    return orders.carry_out(order=order, voters=[voter], reason=f"{CANARY} surat", by=sender).act


def _unplaced(operator: Any) -> Any:
    fields = {"nama": f"{CANARY} Jauh", "tanggal_lahir": "1985-05-05", "jenis_kelamin": "P", "nik": ""}
    return registration.register(
        stay=factories.region().pk, fields={**fields, "kode_wilayah_domisili": factories.HOME}, by=operator
    )
