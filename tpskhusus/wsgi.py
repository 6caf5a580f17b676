"""Where does a web server enter? `application`, for waitress, gunicorn and the like."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tpskhusus.settings")
application = get_wsgi_application()
