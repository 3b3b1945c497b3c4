"""Consumers as the Channels tutorials write them, for comparison in `bin/chaos` and `bin/bench chat`.

`uvicorn tools.stock_channels.consumers:application` with `DJANGO_SETTINGS_MODULE=tools.stock_channels.settings`.
"""
