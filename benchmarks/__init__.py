"""One file per claim of speed, each with its floor measured in the same run; `manage.py bench` runs them."""
