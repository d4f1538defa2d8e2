"""The reward table: what each thing that can come of a shown title is worth, as one visible sum.

    value = Σ over the actions of weight_action · amount_action
    expected value of showing a title = Σ over the actions of weight_action · p(action)

    action       amount, 0 to 1                                                             weight from
    watched      share of the runtime watched                                               rewards.progress
    completed    1 if watched to the end, or rated                                          complete - progress
    abandoned    share of the runtime watched of what was then given up                     -progress (1 - abandoned)
    thumbs_up    1 for a thumb up                                                           rewards.thumbs_up
    two_up       1 for two thumbs up                                                        rewards.two_up
    list_add     1 if put on the list                                                       rewards.list_add
    thumbs_down  1 for a thumb down                                                         lasting.thumbs_down
    paused       1 if the play was paused                                                   lasting.paused
    next_day     1 if it was played and the member was back the next day                    lasting.next_day
    new_genre    1 if it was played, was of a genre new to them, and another such followed  lasting.new_genre

So for playing alone the sum is what `Rewards` gives: a whole title `complete`, a part of it `progress` times the part,
half of that if abandoned. They differ where several things are said of one title: a bandit needs a reward from 0 to 1,
so `Rewards` lets the best outcome count; a ranker needs terms to predict one by one, so here they add up. Time counts
as shares of the runtime, never as hours: hours would favour long series ("The Netflix Recommender System", ACM TMIS
2015, section 5.1). The actions are the proxies of long-term satisfaction that "Recommending for Long-Term Member
Satisfaction at Netflix" (Netflix Technology Blog, 2024) names. a: actions, k: slots.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from playbill.errors import InputError, SettingsError
from playbill.loops.settle import Rewards
from playbill.slate import Floats

ACTIONS = (
    "watched", "completed", "abandoned", "thumbs_up", "two_up", "list_add", "thumbs_down", "paused", "next_day",
    "new_genre",
)  # fmt: skip
"""Everything that is counted, in the order of columns."""

FORMAT = 1
"""Raised when an action comes to mean something else, so that the version changes although no weight did."""


@dataclass(frozen=True)
class Lasting:
    """What outcomes are worth that `Rewards` has no number for, each from -2 to 2. Raises SettingsError.

    The numbers are judgements, and small beside watching a title, except for the thumb down.
    """

    thumbs_down: float = -1.0  # takes back a whole title watched: the member says that it was no good
    paused: float = 0.0  # a pause says who was interrupted, not what they thought; counted, so that it can be weighed
    next_day: float = 0.1  # coming back is what lasts, but most of it is habit and no title's merit
    new_genre: float = 0.2  # a taste found that was not there before

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (isinstance(value, int | float) and isfinite(value) and -2.0 <= value <= 2.0):
                raise SettingsError(f"lasting.{name} is {value!r}. A weight is a number from -2 to 2.")


@dataclass(frozen=True)
class RewardTable:
    """The weights of all actions, built on the rewards that slots are settled with: one source for each number.

    Raises SettingsError for a table under which watching more could be worth less.
    """

    rewards: Rewards = field(default_factory=Rewards)
    lasting: Lasting = field(default_factory=Lasting)

    def __post_init__(self) -> None:
        if self.rewards.complete < self.rewards.progress:
            raise SettingsError(
                f"rewards.complete is {self.rewards.complete!r}, below rewards.progress, {self.rewards.progress!r}: "
                "watching the last minutes would be worth less than nothing. Give complete the greater number."
            )
        if self.lasting.thumbs_down > 0:
            raise SettingsError(
                f"lasting.thumbs_down is {self.lasting.thumbs_down!r}: pages would seek what members refuse. "
                "Give 0 or less."
            )

    @staticmethod
    def of(rewards: Rewards, lasting: Lasting = Lasting()) -> RewardTable:
        """The table on top of the rewards of a service."""
        return RewardTable(rewards, lasting)

    @cached_property
    def weights(self) -> dict[str, float]:
        """Weight by action, in the order of `ACTIONS`."""
        table, more = self.rewards, self.lasting
        said = {
            "watched": table.progress,
            "completed": table.complete - table.progress,
            "abandoned": -table.progress * (1.0 - table.abandoned),
            "thumbs_up": table.thumbs_up,
            "two_up": table.two_up,
            "list_add": table.list_add,
            "thumbs_down": more.thumbs_down,
            "paused": more.paused,
            "next_day": more.next_day,
            "new_genre": more.new_genre,
        }
        return {action: said[action] for action in ACTIONS}

    @cached_property
    def version(self) -> str:
        """12 hexadecimal digits that change with any weight; rankers and reports name the table by them."""
        content = {"format": FORMAT, "weights": self.weights, "rewards": asdict(self.rewards)}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

    def value(self, amounts: NDArray[np.floating]) -> Floats:
        """(k,) the sum. amounts: (k, a) what came of each slot, or the probability of each action, columns `ACTIONS`.

        Raises InputError for another number of columns.
        """
        if amounts.shape[-1] != len(ACTIONS):
            raise InputError(f"{amounts.shape[-1]} columns of amounts. Give one for each of: {', '.join(ACTIONS)}.")
        return np.asarray(amounts @ np.array(list(self.weights.values())), np.float64)

    def described(self) -> list[tuple[str, float]]:
        """(action, weight), for reports of what the service is tuned for."""
        return list(self.weights.items())
