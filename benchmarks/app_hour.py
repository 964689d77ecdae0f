"""An hour of the app under eight people: does its memory stay where it was after ten minutes?

Each person sends a photo, moves sliders, looks at checks, reports, comparisons and analyses, stops
work in the middle, hangs up before the answer, leaves pages open without a word, and comes again.
Every picture is compared with the colour in the corner of its own photo.

    python benchmarks/app_hour.py [--minutes 60] [--warm 10] [--people 8] [--pause SECONDS]
                                  [--json FILE] [--markdown FILE] [--quick]

The memory of every minute and each failure are printed as they come, so an end before time loses
nothing.
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from people import Person, photo_of
from preview import clinical
from tables import REPOSITORY, Table, arguments, deliver, portraits

from landmarkdiff.inference import LandmarkDiffPipeline

sys.path.insert(0, str(REPOSITORY / "tests" / "browser"))

from running_app import Served, serving

#: Memory at the end beside that after the warm-up, MB.
GROWTH_LIMIT_MB = 50.0
#: Memory is looked at so often, seconds.
LOOK_SECONDS = 1.0
#: A line says the median of so many looks, the table that of five minutes: from one minute to the
#: next the level swings by 80 MB with the pages that happen to be open at once.
LOOKS_OF_A_LINE, LOOKS_OF_A_FIGURE = 30, 300
#: Silent pages are forgotten after so long, minutes, so that an hour sees many of them go.
SESSION_MINUTES = 1.0
#: What a server says to whom it is a moment too busy for, and to whom gives up: no failure.
EXPECTED = ("busy", "WorkCancelled", "503", "429")


@dataclass
class Visitor(Person):
    """One person who comes again and again.

    Attributes
    ----------
    done : Counter of str
        How often each thing was done.
    pause_s : float
        Mean time between two things, drawn from an exponential distribution: people look at a
        picture before they ask for the next.
    """

    done: Counter[str] = field(default_factory=Counter)
    pause_s: float = 0.0

    def visit(self, chance: random.Random) -> None:
        """Open a page, do a handful of things, and leave it in one of three ways."""
        self.arrive()
        self.done["photo"] += 1
        things: dict[Callable[[], None], int] = {
            self.one_preview: 8, self.stop: 2, self.hang_up: 2, self.export: 2, self.analyse: 1,
            self.compare: 1,
        }  # fmt: skip
        for _ in range(chance.randint(3, 10)):
            (thing,) = chance.choices([*things], [*things.values()])
            thing()
            self.done[thing.__name__] += 1
            time.sleep(chance.expovariate(1 / self.pause_s) if self.pause_s else 0)
        how = chance.choice(("close", "say nothing", "log off in the middle"))
        self.done[how] += 1
        if how == "close":
            self._http.post(f"/ld/session/{self._token}/close")
        elif how == "log off in the middle":
            self.hang_up()

    def one_preview(self) -> None:
        """A picture, looked at."""
        self.preview(self.done.total())

    def stop(self) -> None:
        """Work that is stopped while it runs."""
        self._begin(lambda: self._http.post(f"/ld/{self._token}/cancel"))

    def hang_up(self) -> None:
        """Work whose answer nobody waits for."""
        self._begin(lambda: None)

    def _begin(self, meanwhile: Callable[[], object]) -> None:
        address = f"/ld/{self._token}/ask/single/warp"
        with self._http.stream("POST", address, json=self._settings) as answer:
            meanwhile()
            next(answer.iter_bytes(), None)

    def export(self) -> None:
        """A report and a picture, fetched."""
        self._ask("single/warp", self._settings)
        for file in ("report", "picture", "consultation"):
            self._fetch(self._ask("single/download", {"file": file, "patient": "N. N."})["blob"])

    def analyse(self) -> None:
        """The analysis of the face."""
        self._ask("analysis/analyse", {})

    def compare(self) -> None:
        """Two procedures beside the photo."""
        self._ask("comparison/compare", {"procedures": ["rhinoplasty", "lip_lift"]})

    def come_until(self, end: float, number: int) -> None:
        """Come again and again until the end of the clock."""
        chance = random.Random(number)  # noqa: S311  # the same hour each time
        while time.monotonic() < end:
            try:
                self.visit(chance)
            except (httpx.HTTPError, AssertionError, KeyError, OSError) as failure:
                said = f"{type(failure).__name__} {failure}"
                if not any(one in said for one in EXPECTED):
                    self.failures.append(said)
                    print(f"{time.strftime('%H:%M:%S')}  failure: {said}", flush=True)
                self.done["turned away"] += 1
                time.sleep(0.5)


def memory_mb(app: Served) -> float:
    """Resident memory of the app's process."""
    status = Path(f"/proc/{app.process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found is not None
    return int(found[1]) / 1024


def watched(app: Served, people: list[Visitor], seconds: float) -> list[float]:
    """Let everybody come for so long; return the memory, MB, a look each second.

    Each minute's level is printed with what was done so far.
    """
    end = time.monotonic() + seconds
    threads = [
        threading.Thread(target=person.come_until, args=(end, number))
        for number, person in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    looks: list[float] = []
    minute = time.monotonic() + 60.0
    while any(thread.is_alive() for thread in threads):
        if time.monotonic() < end:  # later some have left already
            looks.append(memory_mb(app))
        if time.monotonic() >= minute:
            minute += 60.0
            acts = sum(person.done.total() for person in people)
            wrong = sum(len(person.failures) for person in people)
            clock = time.strftime("%H:%M")
            middle = statistics.median(looks[-LOOKS_OF_A_LINE:])
            print(f"{clock}  {middle:.1f} MB, {acts} acts, {wrong} failures", flush=True)
        time.sleep(LOOK_SECONDS)
    return looks


def main() -> None:
    """Run the hour and deliver the table."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the whole run")
    parser.add_argument("--warm", type=float, default=10.0, help="minutes before the first look")
    parser.add_argument("--people", type=int, default=8, help="people at once")
    parser.add_argument(
        "--pause", type=float, default=3.0, help="mean time between two things, seconds"
    )
    options = parser.parse_args()
    minutes, warm = (0.1, 0.05) if options.quick else (options.minutes, options.warm)
    pipeline = LandmarkDiffPipeline().load()
    photo = clinical(portraits()["astronaut"], (800, 800), pipeline)
    del pipeline
    with serving("--session-minutes", str(SESSION_MINUTES)) as app:
        pause = 0.0 if options.quick else options.pause
        people = [
            Visitor(app.url, *photo_of(photo, number), pause_s=pause)
            for number in range(options.people)
        ]
        before = watched(app, people, 60.0 * warm)
        after = watched(app, people, 60.0 * (minutes - warm))
        threads = len(list(Path(f"/proc/{app.process.pid}/task").iterdir()))
        files = len(list(Path(f"/proc/{app.process.pid}/fd").iterdir()))
        said = app.log.read_text(encoding="utf-8")
    first, last = (statistics.median(looks[-LOOKS_OF_A_FIGURE:]) for looks in (before, after))
    growth = last - first
    done: Counter[str] = sum((person.done for person in people), Counter())
    failures = [failure for person in people for failure in person.failures]
    table = Table("app-hour", ("what", "MB", "limit MB"))
    table.add(f"memory after {warm:g} minutes", first, None)
    table.add(f"memory after {minutes:g} minutes", last, None)
    table.add("growth", growth, GROWTH_LIMIT_MB)
    table.add("most", max(before + after), None)
    wrong = f"{len(failures)} failures"
    wrong += f": {', '.join(sorted(set(failures)))}" if failures else ""
    counts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in done.most_common())
    table.notes += [
        f"{options.people} people, {pause:g} s between two things on average: {counts}; {wrong}.",
        f"{threads} threads and {files} open files at the end.",
    ]
    deliver(options, table, growth_mb=growth, failures=failures, memory_mb=before + after)
    if failures:
        raise SystemExit(f"{len(failures)} failures; the app said:\n{said}")
    if growth > GROWTH_LIMIT_MB and not options.quick:
        raise SystemExit(f"the memory grew by {growth:.0f} MB")


if __name__ == "__main__":
    main()
