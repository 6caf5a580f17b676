"""What the worker does for accounts: seal what nobody sealed after its commit, forget what is over."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from . import audit, signing


@shared_task(name="accounts.tasks.seal_audit")
def seal_audit(**_kwargs: Any) -> None:
    """Everything that is committed and unsealed; an idle sweep takes no lock."""
    audit.seal()


@shared_task(name="accounts.tasks.forget")
def forget(**_kwargs: Any) -> None:
    """Failed attempts that lock nobody any more, and sessions that have ended."""
    signing.forget(at=timezone.now())
