"""Backups of the database and the files: `bin/backup`, `bin/restore`."""
