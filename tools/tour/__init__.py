"""Plays the main job against a running server through its public API, as phones would. `bin/tour` runs it."""
