"""Run several management commands in one process, which saves starting Django for each.

Usage: call_commands.py "migrate --verbosity 0" load_materials ...
"""

import os
import shlex
import sys
from pathlib import Path

import django
from django.core.management import CommandError, call_command

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")

if __name__ == "__main__":
    django.setup()
    for line in sys.argv[1:]:
        try:
            call_command(*shlex.split(line))
        except CommandError as error:
            sys.exit(f"manage.py {line}: {error}")
