"""What a look at a service finds: what was seen, whether that is fine, and what to do where it is not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    seen: str
    fine: bool = True
    remedy: str = ""
