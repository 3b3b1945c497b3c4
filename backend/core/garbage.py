"""Python's garbage collection in processes that answer requests."""

import gc

# The youngest generation is collected after so many new objects; Python's 700 is at least once a request.
YOUNG_MAX = 20_000


def freeze_loaded_objects() -> None:
    """Exclude all objects that exist now from collection: scanning them stops every thread for a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 10, 10)
