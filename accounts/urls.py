"""Signing in and out, and one's own password."""

from django.contrib.auth import views as auth
from django.urls import path, reverse_lazy

urlpatterns = [
    path("masuk/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("keluar/", auth.LogoutView.as_view(), name="logout"),
    path(
        "kata-sandi/",
        auth.PasswordChangeView.as_view(success_url=reverse_lazy("password_change_done")),
        name="password_change",
    ),
    path("kata-sandi/selesai/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
]
