"""The app of people: who they are, what they may do, what they did."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
