"""Signing in, and one's own password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import views as auth
from django.db import transaction
from django.urls import reverse_lazy

from . import signing
from .forms import SignInForm

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
    from django.http import HttpRequest, HttpResponse


class SignIn(auth.LoginView):
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_valid(form)
        signing.signed_in(user=form.get_user())
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        if was_just_locked(self.request):
            signing.locked(username=form.cleaned_data["username"])
        return super().form_invalid(form)


def was_just_locked(request: HttpRequest) -> bool:
    """True for the attempt that locks; those that come while it is locked are not counted by axes."""
    failures = getattr(request, "axes_failures_since_start", None) or 0
    return failures >= settings.AXES_FAILURE_LIMIT and getattr(request, "axes_locked_out", False)


def address_of(request: HttpRequest) -> str | None:
    """Where an attempt comes from; behind a proxy that speaks HTTPS its own word counts, the last in the list."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.HTTPS else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR")


class PasswordChange(auth.PasswordChangeView):
    success_url = reverse_lazy("password_change_done")

    @transaction.atomic
    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        answer = super().form_valid(form)
        signing.password_changed(user=self.request.user)
        return answer
