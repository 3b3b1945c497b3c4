"""Kills one part after the other under load, and counts lost messages. `bin/chaos` runs it."""
