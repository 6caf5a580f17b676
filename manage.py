#!/usr/bin/env python
"""What can be done from the command line? `manage.py help` lists it; docs/operators/ explains it."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tpskhusus.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
