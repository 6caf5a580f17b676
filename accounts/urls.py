"""Signing in and out, and one's own password."""

from django.contrib.auth import views as auth
from django.urls import path

from . import views

urlpatterns = [
    path("masuk/", views.SignIn.as_view(), name="login"),
    path("keluar/", auth.LogoutView.as_view(), name="logout"),
    path("kata-sandi/", views.PasswordChange.as_view(), name="password_change"),
    path("kata-sandi/selesai/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
]
