"""Bots that keep the demo city alive through the public API. `manage.py live_city` runs them."""
