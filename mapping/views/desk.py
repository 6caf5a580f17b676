"""The desk: what the signed-in person has to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def desk(request: HttpRequest) -> HttpResponse:
    return render(request, "mapping/desk.html")
