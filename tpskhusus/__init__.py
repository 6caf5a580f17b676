"""What ties the apps together; nothing about the domain, and nobody imports it."""

from .celery import app as celery_app

__all__ = ["celery_app"]
