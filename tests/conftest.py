"""What holds for every test: no deadlines, since machines are noisy and no test asserts a time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("playbill", deadline=None)
settings.load_profile("playbill")
