"""What is typed at the door."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm

from .models import Role


class SignInForm(AuthenticationForm):
    """A client system has tokens; at the door it is told what a wrong password is told."""

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        super().confirm_login_allowed(user)
        if user.role == Role.CLIENT:
            raise self.get_invalid_login_error()
