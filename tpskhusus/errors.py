"""What is answered to a request that cannot be read?"""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template import loader

BAD_REQUEST, TOO_LARGE = 400, 413


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Without the request in its context: nothing of it is looked at once more."""
    is_too_large = isinstance(exception, RequestDataTooBig)
    page = loader.get_template("400.html").render({"is_too_large": is_too_large})
    return HttpResponse(page, status=TOO_LARGE if is_too_large else BAD_REQUEST)
