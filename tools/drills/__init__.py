"""Drills: `bin/drill`."""
