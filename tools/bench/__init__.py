"""Measures the service beside floors from the same run. `bin/bench` runs it."""
