"""How fast the simulated world turns, and how much memory it takes: in processes of their own.

pure    behaviour on pages drawn at random, no service; once for many days and once for few, since memory must follow
        members and not days
full    the whole system: pages composed by a real service, logged, everything recorded, followed, trained on
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.machine import ONE_THREAD, cores, file_system
from benchmarks.reading import BenchmarkError, Reading
from playbill.simulation import plan as plans
from playbill.simulation.calibration import setting_of
from playbill.simulation.parameters import with_values
from playbill.simulation.plan import PLAYBILL, Plan

MEMBER_DAYS, QUICK_MEMBER_DAYS = 1_000_000, 50_000
PURE_MEMBERS = 10_000
FULL_MEMBERS, FULL_DAYS = 2_000, 90
QUICK_MEMBERS, QUICK_DAYS = 200, 10
SHARED_MEMORY = Path("/dev/shm")

HALF_A_SESSION = {"people.new": 0.0, "people.sessions_per_day": 0.41, "staying.churn": 0.0}
"""Everybody is there all the time and comes as often as the figure wants: half a session a member-day, at least."""

Sample = dict[str, Any]


def measure_pure(quick: bool, seed: int) -> list[Reading]:
    """Member-days a second of behaviour alone."""
    days = (QUICK_MEMBER_DAYS if quick else MEMBER_DAYS) // PURE_MEMBERS
    few, many = (_in_a_process("pure", PURE_MEMBERS, d, seed) for d in (max(days // 10, 1), days))
    beside = {
        "seconds": many["seconds"], "pages": many["pages"], "events": many["events"], "peak_gb": many["peak_gb"],
        "peak_gb_of_a_tenth_of_the_days": few["peak_gb"],
    }  # fmt: skip
    data = f"{PURE_MEMBERS:,} members x {days} days, 3,000 made-up titles, random pages of 10 x 20, one process"
    return [
        {"name": "world.days_per_s", "value": PURE_MEMBERS * days / many["seconds"], "data": data, "beside": beside}
    ]


def measure_full(quick: bool, seed: int) -> list[Reading]:
    """Seconds and memory of a run through the real page path."""
    members, days = (QUICK_MEMBERS, QUICK_DAYS) if quick else (FULL_MEMBERS, FULL_DAYS)
    sample = _in_a_process("full", members, days, seed)
    data = (
        f"{members:,} members x {days} days after 14 of history, 3,000 made-up titles, pages of 10 x 20 by "
        f"{sample['processes']} processes, the store on {sample['file_system']}"
    )
    return [
        {"name": "world.full_run_s", "value": sample["seconds"], "data": data, "beside": sample},
        {"name": "world.peak_gb", "value": sample["peak_gb"], "data": data},
    ]


def _in_a_process(form: str, members: int, days: int, seed: int) -> Sample:
    command = [sys.executable, "-m", "benchmarks.world", form, str(members), str(days), str(seed)]
    done = subprocess.run(command, env=os.environ | ONE_THREAD, capture_output=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"The simulation ended with {done.returncode}: {done.stderr.decode()[-2_000:]}")
    sample: Sample = msgspec.json.decode(done.stdout)
    return sample


def _pure(members: int, days: int, seed: int) -> Sample:
    outcome = plans.run(Plan(members=members, days=days, history=0, seed=seed, policies=("random",)), "random")
    return {
        "seconds": outcome.seconds["run"], "pages": sum(d.pages for d in outcome.days),
        "events": sum(d.events for d in outcome.days), "peak_gb": _peak_gb(0),
    }  # fmt: skip


def _full(members: int, days: int, seed: int) -> Sample:
    processes = min(cores(), 2)
    busy = with_values(setting_of("default").parameters, HALF_A_SESSION)
    plan = Plan(members=members, days=days, seed=seed, policies=(PLAYBILL,), processes=processes, parameters=busy)
    root = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="playbill-world-", dir=root) as folder:
        begun = time.perf_counter()
        outcome = plans.run(plan, PLAYBILL, plans.application(plan, Path(folder) / "service"))
        seconds = time.perf_counter() - begun
        where = file_system(Path(folder))
    pages, events = sum(d.pages for d in outcome.days), sum(d.events for d in outcome.days)
    sessions = sum(d.sessions for d in outcome.days)
    return {
        "seconds": seconds, "peak_gb": _peak_gb(processes), "processes": processes, "file_system": where,
        "pages": pages, "events": events, "sessions": sessions, "sessions_a_member_day": sessions / members / days,
        "events_a_session": events / sessions, "parts": outcome.seconds, "of_the_service": outcome.service_seconds,
        "counters": outcome.counters,
    }  # fmt: skip


def _peak_gb(children: int) -> float:
    """Of this process, and of as many children as large as the largest: an upper bound, shared pages counted twice."""
    own, largest = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return float(own + children * largest) * 1024 / 1e9


if __name__ == "__main__":
    form, *numbers = sys.argv[1:]
    sample = (_pure if form == "pure" else _full)(*map(int, numbers))
    sys.stdout.buffer.write(msgspec.json.encode(sample))
