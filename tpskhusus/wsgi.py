"""Where does a web server enter? `application`, for waitress, gunicorn and the like."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tpskhusus.settings")
application = get_wsgi_application()

from tpskhusus.celery import app  # noqa: E402

app.connection_for_write().transport  # noqa: B018  loads the broker's client now, not in the first request that rings
