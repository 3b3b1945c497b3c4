"""Reading the metrics of this process."""

from collections.abc import Callable

from prometheus_client import REGISTRY


def value_of(name: str, **labels: str) -> float:
    """The value now; 0 for labels that were not counted yet. Asks no collector that reads the database."""
    metrics = REGISTRY.restricted_registry([name]).collect()
    found = [
        sample.value
        for metric in metrics
        for sample in metric.samples
        if (sample.name, sample.labels) == (name, labels)
    ]
    return found[0] if found else 0


def moved(name: str, **labels: str) -> Callable[[], float]:
    """By how much the metric has moved since this call."""
    before = value_of(name, **labels)
    return lambda: value_of(name, **labels) - before
