"""The laboratory of policies: derive a scenario, run it, see how far it is, compare several, take the comparison along."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import xlsxwriter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.permissions import Permission, may, require
from locations.bell import ring
from locations.models import Kind, SpecialLocation
from regions.models import Region

from .. import scenarios, versus
from ..ballots import LABELS
from ..forms import ScenarioForm
from ..models import Outcome, Policy, Proposal, Run
from ..tasks import run_scenario
from ..versus import Figures, Totals

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

MOST_COMPARED: Final = 5
LOCATIONS_A_PAGE: Final = 50
SOURCE: Final = "TPS Khusus, KPU"
MEASURES: Final = {
    "tps": gettext_lazy("TPS"),
    "with_tps": gettext_lazy("voters with a TPS"),
    "combined": gettext_lazy("of them at another location"),
    "to_ordinary_tps": gettext_lazy("voters sent to ordinary TPS"),
    "per_tps": gettext_lazy("voters per TPS"),
    "present_per_tps": gettext_lazy("expected there per TPS"),
}
SHORT: Final = ("tps", "with_tps", "to_ordinary_tps")


@require_http_methods(["GET", "POST"])
def derive(request: HttpRequest, slug: str) -> HttpResponse:
    """A new scenario from the policy of this slug."""
    require(request.user, Permission.DECIDE)
    based_on = get_object_or_404(Policy.objects.all(), slug=slug)
    form = ScenarioForm(request.POST or None, policy=based_on, initial={"name": name_from(based_on)})
    if request.method == "POST" and form.is_valid():
        try:
            scenario = scenarios.derive(based_on=based_on, fields=form.rules, by=request.user)
        except ValidationError as faults:
            form.add_error(None, faults.messages)
        else:
            messages.success(
                request, _("%(name)s is drafted. Run it to see what it changes.") % {"name": scenario.name}
            )
            return redirect("mapping:scenario", scenario.slug)
    return form_page(request, form, _("Scenario from %(policy)s") % {"policy": based_on.name}, "mapping:policies")


def name_from(policy: Policy) -> str:
    return _("%(policy)s, tried") % {"policy": policy.name}


@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, slug: str) -> HttpResponse:
    require(request.user, Permission.DECIDE)
    scenario = one_scenario(slug)
    form = ScenarioForm(request.POST or None, policy=scenario)
    if request.method == "POST" and form.is_valid():
        try:
            scenarios.correct(scenario=scenario, fields=form.rules, by=request.user)
        except ValidationError as faults:
            form.add_error(None, faults.messages)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("mapping:scenario", scenario.slug)
    return form_page(request, form, _("Correct %(name)s") % {"name": scenario.name}, "mapping:scenario", scenario.slug)


def form_page(request: HttpRequest, form: ScenarioForm, title: str, back: str, *arguments: str) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "title": title, "cancel_url": reverse(back, args=arguments), "crumbs": crumbs(title)}
    return render(request, "mapping/scenario_form.html", context, status=status)


@require_GET
@never_cache
def scenario(request: HttpRequest, slug: str) -> HttpResponse:
    """One scenario: its rules, its runs, and the comparison once it was run."""
    require(request.user, Permission.VIEW)
    shown = one_scenario(slug)
    runs = Run.objects.visible_to(request.user).filter(policy=shown)
    newest = runs.select_related("policy", "asked_by").order_by("-started_at").first()
    context = {
        "scenario": shown,
        "crumbs": crumbs(shown.name),
        "rules": changed_rules(shown),
        "run": newest,
        "was_run": runs.exists(),
        "compare_url": compare_url(shown) if runs.filter(state=Run.State.DONE).exists() else "",
        "regions": regions_of(request.user),
        "may_draft": may(request.user, Permission.DECIDE),
        **progress_of(newest, request.user),
    }
    return render(request, "mapping/scenario.html", context)


def one_scenario(slug: str) -> Policy:
    return get_object_or_404(Policy.objects.filter(based_on__isnull=False).select_related("based_on"), slug=slug)


def compare_url(shown: Policy) -> str:
    assert shown.based_on is not None
    return f"{reverse('mapping:compare')}?{urlencode([('k', shown.based_on.slug), ('k', shown.slug)])}"


def changed_rules(shown: Policy) -> list[tuple[str, str, str]]:
    """(rule, before, now) of every rule that differs from the policy it is based on."""
    from .policies import rules_of

    assert shown.based_on is not None
    before, now = dict(rules_of(shown.based_on)), dict(rules_of(shown))
    labels = list(dict.fromkeys([*before, *now]))
    return [(rule, before.get(rule, "–"), now.get(rule, "–")) for rule in labels if before.get(rule) != now.get(rule)]


def regions_of(user: User) -> list[tuple[str, str]]:
    """Where it may be run: the own territory, and for central KPU every province."""
    if not user.is_central:
        return [(user.territory_id, user.territory.name)]
    provinces = Region.objects.current().filter(level=1).order_by("name").values_list("pk", "name")
    return [("00", _("the whole country")), *provinces]


def progress_of(newest: Run | None, user: User) -> dict[str, Any]:
    """How far a run is by the clock: the newest finished run of the same territory took so long."""
    if newest is None or newest.state not in scenarios.UNFINISHED:
        return {"progress": None}
    done = Run.objects.visible_to(user).filter(territory=newest.territory, state=Run.State.DONE)
    last = done.order_by("-started_at").values_list("seconds", flat=True).first()
    spent = (timezone.now() - newest.started_at).total_seconds()
    return {
        "progress": {
            "seconds": round(spent),
            "expected": round(max(last, 1)) if last else None,
            "percent": min(95, round(100 * spent / max(last, 1))) if last else None,
        },
        "progress_url": reverse("mapping:scenario_progress", args=[newest.policy.slug]),
    }


@require_GET
@never_cache
def progress(request: HttpRequest, slug: str) -> HttpResponse:
    """The moving part; once the run is over, the browser is told to fetch the whole page."""
    require(request.user, Permission.VIEW)
    shown = one_scenario(slug)
    runs = Run.objects.visible_to(request.user).filter(policy=shown).select_related("policy")
    newest = runs.order_by("-started_at").first()
    told = progress_of(newest, request.user)
    if told["progress"] is None:
        return HttpResponseClientRefresh()
    return render(request, "mapping/scenario.html#progress", told | {"run": newest})


@require_POST
def run(request: HttpRequest, slug: str) -> HttpResponse:
    require(request.user, Permission.RECOMPUTE)
    shown = one_scenario(slug)
    code = request.POST.get("wilayah", "")
    if code not in dict(regions_of(request.user)):
        raise Http404
    asked = scenarios.ask(scenario=shown, region=get_object_or_404(Region.objects.current(), pk=code), by=request.user)
    ring(run_scenario, run_id=str(asked.pk))
    return redirect("mapping:scenario", shown.slug)


@require_POST
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    require(request.user, Permission.DECIDE)
    shown = scenarios.archive(scenario=one_scenario(slug), by=request.user)
    messages.success(request, _("%(name)s is put away. Its address still works.") % {"name": shown.name})
    return redirect("mapping:policies")


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Policies side by side: `k` names each by its slug, the first is what the others are compared with."""
    require(request.user, Permission.VIEW)
    policies = policies_asked(request)
    if len(policies) < 2:
        messages.warning(request, _("Choose at least two policies to compare."))
        return redirect("mapping:policies")
    proposals = Proposal.objects.visible_to(request.user)
    found = versus.figures(proposals, policies)
    if request.GET.get("format") == "xlsx":
        return xlsx_of(found)
    return render(request, "mapping/compare.html", compared(request, proposals, policies, found))


def policies_asked(request: HttpRequest) -> list[Policy]:
    """In the order asked, each once, no more than fit side by side."""
    slugs = list(dict.fromkeys(request.GET.getlist("k")))[:MOST_COMPARED]
    known = {policy.slug: policy for policy in Policy.objects.filter(slug__in=slugs)}
    return [known[slug] for slug in slugs if slug in known]


def compared(request: HttpRequest, proposals: Any, policies: list[Policy], found: list[Figures]) -> dict[str, Any]:
    names = dict(Region.objects.filter(level=1).values_list("pk", "name"))
    kinds = {kind.value: str(kind.label) for kind in Kind}
    return {
        "policies": [(each.policy, each.as_of) for each in found],
        "title": _("Comparison"),
        "crumbs": crumbs(_("Comparison")),
        "measures": measures(found),
        "provinces": table(found, "by_province", names),
        "kinds": table(found, "by_kind", kinds),
        "short": [MEASURES[name] for name in SHORT],
        "moved": moved_page(request, proposals, policies),
        "export_url": f"?{request.GET.urlencode()}&format=xlsx",
    }


def measures(found: list[Figures]) -> list[dict[str, Any]]:
    """One row per measure, then one per ballot: the value of each policy, and how far it is from the first."""
    rows = [
        {"label": label, "values": beside([getattr(each.total, name) for each in found])}
        for name, label in MEASURES.items()
    ]
    ballots = dict.fromkeys(ballot for each in found for ballot in each.policy.ballots)
    rows += [
        {
            "label": _("ballots %(ballot)s") % {"ballot": LABELS[ballot]},
            "values": beside([each.total.ballots.get(ballot, 0) for each in found]),
        }
        for ballot in ballots
    ]
    return rows


def beside(values: list[float]) -> list[dict[str, Any]]:
    """Each value, its difference from the first, and the width of its bar in percent of the largest."""
    most = max([*values, 1])
    return [
        {"value": round(value), "difference": round(value) - round(values[0]), "width": round(100 * value / most, 1)}
        for value in values
    ]


def table(found: list[Figures], part: str, names: dict[str, str]) -> list[dict[str, Any]]:
    """One row per province or kind, with the SHORT measures of each policy."""
    keys = sorted({key for each in found for key in getattr(each, part)}, key=lambda key: names.get(key, key))
    return [{"label": names.get(key, key), "values": line(found, part, key)} for key in keys]


def line(found: list[Figures], part: str, key: str) -> list[dict[str, Any]]:
    totals = [getattr(each, part).get(key, Totals()) for each in found]
    return [cell for name in SHORT for cell in beside([getattr(total, name) for total in totals])]


def moved_page(request: HttpRequest, proposals: Any, policies: list[Policy]) -> Any:
    """The locations that the second policy changes against the first, a page of them with names."""
    page: Any = Paginator(versus.moved(proposals, policies[0], policies[1]), LOCATIONS_A_PAGE).get_page(
        request.GET.get("halaman")
    )
    ids = [each.location_id for each in page.object_list]
    names = {place.pk: place for place in SpecialLocation.objects.visible_to(request.user).filter(pk__in=ids)}
    page.object_list = [
        {
            "name": names[each.location_id].name,
            "code": names[each.location_id].code,
            "before": told(each.before),
            "after": told(each.after),
            "before_url": reverse("mapping:proposal", args=[each.before[2]]),
            "after_url": reverse("mapping:proposal", args=[each.after[2]]),
            "difference": each.difference,
        }
        for each in page.object_list
        if each.location_id in names
    ]
    return page


def told(side: tuple[str, int, Any]) -> str:
    outcome, tps, _pk = side
    return _("%(tps)s TPS") % {"tps": tps} if tps else str(Outcome(outcome).label)


def crumbs(here: str) -> list[dict[str, str]]:
    return [{"label": _("Policies"), "url": reverse("mapping:policies")}, {"label": here}]


def xlsx_of(found: list[Figures]) -> HttpResponse:
    """The comparison as a workbook: in all, by province, by kind; each sheet with policy, time and source."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        for title, part in (("total", None), ("provinsi", "by_province"), ("kategori", "by_kind")):
            _fill_sheet(book.add_worksheet(title), found, part)
    response = HttpResponse(file.getvalue(), content_type=XLSX)
    name = f"perbandingan-{timezone.localdate().isoformat()}.xlsx"
    response["Content-Disposition"] = f"attachment; filename={quote(name)}"
    response["Cache-Control"] = "no-store"
    return response


XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS: Final = ("kebijakan", "per_tanggal", "kelompok", *versus.COUNTED, "per_tps", "hadir_per_tps", "sumber")


def _fill_sheet(sheet: Any, found: list[Figures], part: str | None) -> None:
    sheet.write_row(0, 0, COLUMNS)
    row = 1
    for each in found:
        groups = getattr(each, part) if part else {"": each.total}
        as_of = each.as_of.isoformat(timespec="seconds") if each.as_of else ""
        for key, total in groups.items():
            counted = [getattr(total, name) for name in versus.COUNTED]
            averages = [round(total.per_tps, 1), round(total.present_per_tps, 1)]
            sheet.write_row(row, 0, [each.policy.slug, as_of, key, *counted, *averages, SOURCE])
            row += 1
