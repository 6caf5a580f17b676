"""In which language does the site answer, and how long does a session last?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from django.utils.cache import patch_vary_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

SEEN = "seen"
REFRESH_SHARE = 10  # a session is prolonged once a tenth of its time has passed


class ChosenLanguage:
    """The language somebody chose, else Bahasa Indonesia: an office's browser is often set to English by its maker."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = chosen_language(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        patch_vary_headers(response, ("Cookie",))
        response.headers.setdefault("Content-Language", language)
        return response


def chosen_language(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class SessionKeptAlive:
    """Prolongs the session of somebody at work, without a write for every page.

    Fragments that a page asks for by itself do not count as work: an open page would never time out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and "HX-Request" not in request.headers:
            now = int(time.time())
            if now - request.session.get(SEEN, 0) > settings.SESSION_COOKIE_AGE / REFRESH_SHARE:
                request.session[SEEN] = now
        return self.get_response(request)
