"""Measures the page in headless Chromium over 10 million compensated requests: each interaction from the click to the last redraw.

In the same run, a filter change is measured in a Streamlit page that shows the same data (see streamlit_page.py).
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.page_home import fill, model_name
from makegood.settings import PROJECT

ROWS, DAYS = 10_000_000, 90
ALLOWED_MS = {"first load": 600, "request page": 200, "one account": 200, "the same by payout": 200}
USUAL_MS = 100
ALLOWED_MIB = 600
STREAMLIT_RATIO = 3
STREAMLIT_LOCK = PROJECT / "benchmarks" / "streamlit.lock"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

# Runs in the browser: acts, then waits until the page reports that everything is drawn, and for the frame that shows it.
TIMED = """
(act) => new Promise((done) => {
  const begun = performance.now();
  const painted = () => requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
  const look = () => (document.body.dataset.ready === "true" ? painted() : setTimeout(look, 1));
  eval(act);
  document.body.dataset.ready === "true" ? setTimeout(look, 0) : look();
})
"""


# Runs in every page before its own code: records the time of the first frame that shows everything drawn.
LOADED = """
const drawn = () => requestAnimationFrame(() => setTimeout(() => { window.drawnAt = performance.now(); }));
const look = () => (document.body?.dataset.ready === "true" ? drawn() : setTimeout(look, 1));
look();
"""
DRAWN = """
() => new Promise((done) => {
  const look = () => (window.drawnAt ? done(window.drawnAt) : setTimeout(look, 5));
  look();
})
"""


def main() -> int:
    """Print each interaction's median and p95. Return 1 if --check is given and a limit is exceeded, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--home", type=Path, help="keep the filled home here and use it again")
    parser.add_argument("--no-streamlit", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="makegood-bench-") as folder:
        home = arguments.home or Path(folder) / "home"
        fill(home, arguments.rows, DAYS)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
            is_met, slowest = measure_page(browser, home, arguments.repeat)
            if not arguments.no_streamlit:
                theirs = measure_streamlit(browser, home, Path(folder), max(5, arguments.repeat // 4))
                print(
                    f"  filter change: {theirs / slowest:.1f}x as long in Streamlit   (asked for: {STREAMLIT_RATIO}x)"
                )
                is_met = is_met and theirs >= STREAMLIT_RATIO * slowest
            browser.close()
    return int(arguments.check and not is_met)


def measure_page(browser: Browser, home: Path, repeat: int) -> tuple[bool, float]:
    """Measure every interaction. Return whether all are within their limits, and the p95 of a filter change in ms."""
    with served(home) as (url, process):
        page = opened(browser)
        loaded(page, url)
        wait_for_copy(process)
        results = {"first load": [first_load(browser, url) for _ in range(repeat)]}
        for name, acts in interactions(page).items():
            results[name] = [timed(page, acts(number)) for number in range(repeat)]
        results["request page"] = [request_page(page, url, number) for number in range(repeat)]
        resident = process.memory_info().rss >> 20
        page.close()
    is_met = True
    print(f"  {'interaction':28s} {'median':>9s} {'p95':>9s}   allowed")
    for name, times in results.items():
        allowed = ALLOWED_MS.get(name, USUAL_MS)
        is_met = is_met and p95(times) <= allowed
        print(f"  {name:28s} {sorted(times)[len(times) // 2]:6.0f} ms {p95(times):6.0f} ms   {allowed} ms")
    print(f"  {'memory of the server':28s} {resident:6d} MiB{'':11s}   {ALLOWED_MIB} MiB")
    return is_met and resident <= ALLOWED_MIB, p95(results["filter change"])


def interactions(page: Page) -> dict[str, Callable[[int], str]]:
    """The interactions by name, as functions from the repetition to JavaScript. Each repetition differs, so that no cache answers it."""

    def go(query: str) -> str:
        return f"history.pushState(null, '', '/?{query}'); dispatchEvent(new PopStateEvent('popstate'))"

    def click(name: str, value: str) -> str:
        return f"document.querySelector('[data-{name}={value}]').click()"

    def turn(number: int) -> str:
        field = "document.querySelector('[data-testid=page-number]')"
        return f"{field}.value = '{number}'; {field}.dispatchEvent(new Event('change'))"

    everything = go("range=90d")

    return {
        "filter change": lambda n: go(f"range=30d&model={model_name(n)}"),
        "range change": lambda n: go(f"range={('90d', '30d', '7d', '24h')[n % 4]}"),
        "tab": lambda n: click("testid", ("tab-times", "tab-credits")[n % 2]) if n else everything,
        "sort": lambda n: click("sort", ("payout", "cost", "latency", "input_tokens")[n % 4]) if n else everything,
        "next page": lambda n: click("testid", "page-next") if n else everything,
        "page at depth 1 M": lambda n: turn(40_000 + n * 7) if n else everything,
        "the same by payout": lambda n: turn(40_000 + n * 7_919) if n else go("range=90d&sort=payout"),
        "one account": lambda n: go(f"range=90d&account=acct_{n + 10:04d}"),
    }


def timed(page: Page, act: str) -> float:
    """Time from an action to the frame that shows its result, in ms."""
    taken = float(page.evaluate(TIMED, act))
    refuse_failure(page)
    return taken


def first_load(browser: Browser, url: str) -> float:
    """Time to open the page in a new, idle window with an empty cache, from the start of the navigation, in ms."""
    page = opened(browser)
    wait_for_windows()
    taken = loaded(page, url)
    page.context.close()
    return taken


def request_page(page: Page, url: str, number: int) -> float:
    """Time to open the page of another request by its link, from the start of the navigation, in ms."""
    page.goto(f"{url}/?range=90d&page={number * 17 + 1}")
    page.wait_for_selector("body[data-ready=true]")
    link = page.get_by_test_id("details-action").nth(number % 25).get_attribute("href")
    return loaded(page, f"{url}{link}")


def loaded(page: Page, url: str) -> float:
    """Time from the start of the navigation to the page's last redraw, in ms."""
    page.goto(url, wait_until="commit")
    taken = float(page.evaluate(DRAWN))
    refuse_failure(page)
    return taken


def refuse_failure(page: Page) -> None:
    """Raise RuntimeError with the message of a failed card, because a failed card is drawn fast and would distort the result."""
    failed = page.locator(".failed")
    if failed.count():
        raise RuntimeError(f"{page.url}: {failed.first.inner_text()}")


def opened(browser: Browser) -> Page:
    """Open a window with an empty cache."""
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.add_init_script(LOADED)
    return page


def p95(times: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(times, n=20, method="inclusive")[-1]


@contextmanager
def served(home: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Serve Makegood's page in a separate process."""
    port = free_port()
    environment = {
        **os.environ,
        "MAKEGOOD_HOME": str(home),
        "MAKEGOOD_PAGE_PORT": str(port),
        "PYTHONPATH": str(PROJECT),
    }
    with process([sys.executable, "-m", "orchestration", "page"], environment, port) as one:
        yield f"http://127.0.0.1:{port}", psutil.Process(one.pid)


@contextmanager
def process(command: list[str], environment: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, and wait until it answers on the port."""
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
        try:
            while True:
                if one.poll() is not None:
                    raise RuntimeError(f"{' '.join(command)} ended with {one.returncode}")
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield one
        finally:
            one.terminate()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_copy(server: psutil.Process) -> None:
    """Wait until the server is idle: after a publication it copies the last months of data once."""
    begun = time.perf_counter()
    while server.cpu_percent(interval=2) > 15:
        continue
    print(f"  the session's copy was made in the first {time.perf_counter() - begun:.0f} s, while the page was served")


def wait_for_windows() -> None:
    """Wait until the browser is idle: a new window first draws its own frame, which must not be measured."""
    ours = [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name()]
    before, spent = -1.0, 0.0
    while spent > before:
        time.sleep(0.3)
        before, spent = spent, sum(sum(one.cpu_times()[:2]) for one in ours if one.is_running())


def measure_streamlit(browser: Browser, home: Path, folder: Path, repeat: int) -> float:
    """The p95 of a filter change in Streamlit, in ms. Streamlit's virtual environment is created in `folder`."""
    environment, port = folder / "streamlit", free_port()
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    install = [environment / "bin" / "pip", "install", "--quiet", "--require-hashes", "-r", STREAMLIT_LOCK]
    subprocess.run(install, check=True)
    variables = {
        **os.environ,
        "MAKEGOOD_HOME": str(home),
        "PYTHONPATH": str(PROJECT),
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    }
    command = [
        str(environment / "bin" / "streamlit"), "run", str(PROJECT / "benchmarks" / "streamlit_page.py"),
        "--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1",
    ]  # fmt: skip
    with process(command, variables, port):
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"http://127.0.0.1:{port}")
        page.get_by_text("drawn 30d All Credits").wait_for(timeout=120_000)
        times = [streamlit_filter(page, model_name(number)) for number in range(repeat)]
        page.close()
    print(f"  {'filter change in Streamlit':28s} {sorted(times)[len(times) // 2]:6.0f} ms {p95(times):6.0f} ms")
    return p95(times)


def streamlit_filter(page: Page, model: str) -> float:
    """Choose a model; return the time from the key press to the line that the page writes last, in ms."""
    choice = page.get_by_role("combobox", name="Model")
    choice.click()
    choice.fill(model)
    page.get_by_role("option", name=model).wait_for()
    begun = time.perf_counter()
    choice.press("Enter")
    page.get_by_text(f"drawn 30d {model} Credits").wait_for(timeout=120_000)
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    sys.exit(main())
