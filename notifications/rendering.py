"""How events of some names are said in the reader's language, registered by the apps that know them.

The log keeps such an event in no language, and notifications may not import who wrote it.
"""

from collections.abc import Callable, Mapping
from typing import Any

Rendering = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_renderings: dict[str, Rendering] = {}


def register_rendering(event: str, rendering: Rendering) -> None:
    """Let `rendering` say the data of this kind of event in the language that is active now.

    It must be quick and ask no database, and return its argument itself where there is nothing to translate.
    """
    _renderings[event] = rendering


def rendered(event: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data for a reader of the active language; itself where it is the same for all readers."""
    rendering = _renderings.get(event)
    return rendering(data) if rendering else data
