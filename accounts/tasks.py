"""What the worker does for the audit trail: seal what nobody sealed after its commit."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from . import audit


@shared_task(name="accounts.tasks.seal_audit")
def seal_audit(**_kwargs: Any) -> None:
    """Everything that is committed and unsealed; an idle sweep takes no lock."""
    audit.seal()
