"""Serializers that every app uses."""

from typing import Any

from rest_framework import serializers


class Nothing(serializers.Serializer[Any]):
    """An empty body."""
