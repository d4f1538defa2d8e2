"""A researcher's first hour: the same members, with the same luck, under a ranker of one's own and under two others.

    python examples/simulated_world.py [FOLDER]        writes days.png there if matplotlib is installed

Change `order` and run it again. What `titles` and `worth` know is the hidden truth: a fair ranker learns from `record`.
"""

import sys
from pathlib import Path

import numpy as np

from playbill.errors import InputError
from playbill.events import Kind
from playbill.simulation.outcome import compare
from playbill.simulation.plan import Plan, run
from playbill.simulation.plots import draw
from playbill.simulation.service import CODE, Happenings, Numbers, Visits
from playbill.simulation.stand_ins import StandIn
from playbill.simulation.world import World


class MostFinished(StandIn):
    """Titles by the share of their plays that come to an end, instead of by how often they are played."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.finished, self.played = np.ones(len(world.titles)), np.full(len(world.titles), 2.0)

    def record(self, happened: Happenings, now: int) -> None:
        """Count what the service is told."""
        for kind, counts in ((Kind.COMPLETE, self.finished), (Kind.PLAY, self.played)):
            counts += np.bincount(happened.title[happened.kind == CODE[kind]], minlength=len(counts))

    def order(self, visits: Visits, among: Numbers, k: int) -> Numbers:
        """(v, k) the same page for everybody: the best first, chance where nothing is known."""
        score = self.finished[among] / self.played[among] + 0.2 * self.dice.uniform("luck", among)
        return np.broadcast_to(among[np.argsort(-score, kind="stable")[:k]], (len(visits), k))


def main(folder: Path | None) -> None:
    """Run the three, print how they differ, and draw their days."""
    plan = Plan(members=1_000, days=28, titles=1_000, history=7)
    mine = run(plan, "most finished", MostFinished)
    others = [run(plan, policy) for policy in ("popular", "random")]
    for other in others:
        print(f"most finished against {other.policy}, account by account:")
        for line in compare(mine, other):
            print(f"  {line.measure:10}{line.difference:+.3f} [{line.low:+.3f}, {line.high:+.3f}]")
    if folder:
        try:
            draw([mine, *others], folder / "days.png")
        except InputError as missing:
            print(missing)
        else:
            print(f"Made {folder / 'days.png'}.")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
