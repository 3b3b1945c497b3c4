"""What Python does about objects in circles, where requests wait for it."""

import gc

# Looks at the young after so many more of them (700 by itself, which is once a request or oftener).
YOUNG_MAX = 20_000


def leave_what_is_loaded() -> None:
    """What is loaded by now stays; looking through it again and again holds everybody up for a tenth of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 10, 10)
