"""The limit: at most 25 requests in any five seconds, for each client id and tenant."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable

REQUESTS = 25
WINDOW = 5.0
"""Seconds."""


class Limits:
    """A sliding window per tenant."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._served: dict[int, deque[float]] = defaultdict(deque)
        self.requests: int | None = REQUESTS
        """How many fit in the window; None switches the limit off."""
        self.refused = 0
        self.answered = 0

    def wait(self, tenant: int) -> float:
        """Admit a request (0.0), or refuse it and say how many seconds are left until one is admitted."""
        if self.requests is None:
            return 0.0
        now = self._monotonic()
        served = self._served[tenant]
        while served and served[0] <= now - WINDOW:
            served.popleft()
        if len(served) >= self.requests:
            self.refused += 1
            return served[0] + WINDOW - now
        served.append(now)
        return 0.0
