"""How fast the page is: ``python -m tests.web.benchmark``, with nothing else running on the machine.

The first page of ``app.py``; from pressing Enter to the shown answer in a browser; many people at once over HTTP, each
with another question and ten seconds between them. No reply is cached anywhere.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

REPOSITORY = Path(__file__).parents[2]
PAUSE_S = 10.0
# Presses Enter in the page itself, so that no time of the driver's own is counted.
ENTER = """turns => new Promise(done => {
  const field = document.querySelector("#question textarea, #question input");
  const started = performance.now();
  const look = () => document.querySelectorAll(".turn").length > turns
    ? done(performance.now() - started) : requestAnimationFrame(look);
  for (const type of ["keydown", "keypress"])
    field.dispatchEvent(new KeyboardEvent(type, { key: "Enter", code: "Enter", bubbles: true }));
  look();
})"""


@contextmanager
def serving() -> Iterator[tuple[str, float]]:
    """Run ``app.py``; give its address and the seconds until it served its first page."""
    started = time.perf_counter()
    environment = {**os.environ, "SCO_QA_PORT": "0"}
    with subprocess.Popen([sys.executable, "app.py"], cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE) as app:
        try:
            assert app.stdout is not None
            address = app.stdout.readline().decode().split()[-1].rstrip("/")
            httpx.get(f"{address}/", timeout=60).raise_for_status()
            yield address, time.perf_counter() - started
        finally:
            app.terminate()


def enter_to_answer(address: str, questions: list[str]) -> list[float]:
    """Ask in a browser; give milliseconds."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{address}/")
        page.locator(".try").wait_for()  # suggestions are being looked for until then
        times = []
        for turns, question in enumerate(questions):
            page.get_by_label("Your question").fill(question)
            times.append(float(page.evaluate(ENTER, turns)))
        browser.close()
    return times


def people(address: str, questions: Iterator[str], count: int, seconds: float) -> tuple[list[float], Counter[str]]:
    """Let people ask for some time; give milliseconds, and how many got what."""
    times: list[float] = []
    outcomes: Counter[str] = Counter()
    until = time.perf_counter() + seconds

    def person(number: int) -> None:
        time.sleep(PAUSE_S * number / count)
        with httpx.Client(base_url=f"{address}/gradio_api/call/ask", timeout=60) as client:
            while time.perf_counter() < until:
                started = time.perf_counter()
                joined = client.post("", json={"data": [next(questions), []]})
                said = client.get(f"/{joined.json()['event_id']}").text if joined.is_success else ""
                times.append((time.perf_counter() - started) * 1000)
                answered = "answered" if "event: complete" in said else "error"
                outcomes["busy" if joined.status_code == 429 else answered] += 1
                time.sleep(PAUSE_S)

    threads = [threading.Thread(target=person, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, outcomes


def main() -> None:
    """Measure, and write a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0)
    chosen = parser.parse_args()
    lines = (REPOSITORY / "evals" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    say = sys.stdout.write
    with serving() as (address, first):
        say(f"first page after {first:.1f} s\n")
        times = enter_to_answer(address, questions[:20])
        say(f"Enter to answer: p50 {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms of {len(times)}\n")
        times, outcomes = people(address, itertools.cycle(questions[20:]), chosen.people, chosen.seconds)
        p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        what = f"{chosen.people} people for {chosen.seconds:.0f} s: {dict(outcomes)}"
        say(f"{what}, p50 {p50:.0f} ms, p95 {p95:.0f} ms, slowest {max(times):.0f} ms\n")


if __name__ == "__main__":
    main()
