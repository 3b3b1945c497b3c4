"""How much one client may say."""

FRAME_BYTES_MAX = 65_536


class FrameBudget:
    """A bucket of frames that fills at `rate` a second and holds `burst`."""

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at_s = burst, now_s

    def spend(self, now_s: float) -> bool:
        """Take one frame out; False when there is none. Asking without success costs too, down to another burst."""
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._rate)
        self._at_s = now_s
        self._left -= 1
        return self._left >= 0

    @property
    def is_flooded(self) -> bool:
        """Whether the client goes on though it has been refused a whole burst."""
        return self._left < -self._burst


def is_too_large(text: str) -> bool:
    """Whether the frame has more than `FRAME_BYTES_MAX` bytes."""
    return len(text) > FRAME_BYTES_MAX or (len(text) * 4 > FRAME_BYTES_MAX and _size_of(text) > FRAME_BYTES_MAX)


def _size_of(text: str) -> int:
    return len(text.encode(errors="replace"))
