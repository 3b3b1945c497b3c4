"""Kills workers under load and counts the pushes that reached devices. `bin/kill-workers` runs it."""
