"""Progress of long work on stderr: what, how far, how long still."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Bars:
    """Called with what is being done and the share that is done, 0 to 1: one bar a task."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task: TaskID | None = None
        self._what = ""

    def __call__(self, what: str, share: float) -> None:
        """Show that `share` of the work is done and `what` is being done now."""
        if self._task is None:
            self._task = self._progress.add_task(what, total=1.0)
        self._progress.update(self._task, description=what, completed=share)
        if not self._progress.console.is_terminal and what != self._what:
            self._progress.console.print(f"{what} …", markup=False)
        self._what = what

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
