"""Paths of voters."""

from django.urls import path

from . import views_withdraw

app_name = "voters"
urlpatterns = [
    path("lokasi/<uuid:pk>/tarik/", views_withdraw.withdraw_location, name="withdraw_location"),
]
