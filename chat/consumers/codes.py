"""The codes with which a socket ends; docs/asyncapi.yaml lists them."""

from enum import IntEnum


class Close(IntEnum):
    """RFC 6455 section 7.4, and one of our own. What clients do: come back with jitter, unless it says otherwise."""

    RESTARTING = 1012
    BINARY = 1003
    TOO_FLOODING = 1008
    TOO_LARGE = 1009
    TRY_LATER = 1013
    SIGNED_OUT = 4401


REASONS = {
    Close.RESTARTING: "restarting; come back soon",
    Close.BINARY: "text frames only",
    Close.TOO_FLOODING: "too many frames",
    Close.TOO_LARGE: "frame too large",
    Close.TRY_LATER: "try again later",
    Close.SIGNED_OUT: "get a new ticket, or sign in",
}
