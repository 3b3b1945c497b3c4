"""Killing workers in mid-load, and counting what reached the phones."""
