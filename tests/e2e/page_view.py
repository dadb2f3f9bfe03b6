# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The live page in a real browser, while traffic goes on.

page_view.py check URL RULE LIMIT_S ATTACK...   what must hold, as "ok - WHAT" and "not ok - WHAT";
                                                ATTACK is a command that makes RULE alert
page_view.py picture URL PNG WIDTH [dark]
"""
import subprocess
import sys
import time

import browser

failed = 0
ROWS = "[...document.querySelectorAll('#flows tbody tr')].map(r => [...r.cells].map(c => c.textContent))"


def result(what, good, *found):
    global failed
    print(("ok - " if good else "not ok - ") + what, flush=True)
    if not good:
        failed += 1
        for line in found:
            print("    " + str(line))


def shown(page, more=0):
    """Wait until it has shown an interval, and more of them."""
    count = int(page.run("document.documentElement.dataset.shown || 0"))
    page.wait(f"Number(document.documentElement.dataset.shown) >= {max(1, count + more)}")


def search(page, text):
    page.run("(i => { i.value = " + repr(text) + "; i.dispatchEvent(new Event('input')); })"
             "(document.querySelector('#flows input'))")


def check_quiet(page, what, origin):
    outside = [url for url in page.requests() if not url.startswith(origin)]
    # Chromium writes there of every answer that is an error; of one we asked for.
    told = [line for line in page.complaints() if "status of 400" not in line]
    result(f"{what}: nothing on the console", not told, *told)
    result(f"{what}: nothing is asked of others", not outside, *outside)
    result(f"{what}: it moves within its width",
           page.run("document.documentElement.scrollWidth <= window.innerWidth"))


def check_moving(page):
    shown(page)
    first = page.run("document.getElementById('state').textContent")
    shown(page, 2)
    then = page.run("document.getElementById('state').textContent")
    result("it moves by itself", first != then, first, then)
    result("the volume is drawn", float(page.run(
        "document.querySelector('#volume canvas').dataset.intervals")) >= 3)
    complete = page.run("[document.getElementById('complete').className, "
                        "document.getElementById('complete').textContent]")
    result("the books are shown, and balance", complete[0] == "good"
           and complete[1].startswith("Complete: seen "), *complete)
    if page.run("Boolean(window.d3)"):
        drawn = float(page.run("document.querySelector('#anomalies canvas').dataset.drawn"))
        result("flows are points", drawn > 0, drawn)
        before = page.run("document.querySelector('#space canvas').dataset.yaw")
        x, y = page.place("#space canvas")
        page.drag(x, y, x + 120, y + 30)
        after = page.run("document.querySelector('#space canvas').dataset.yaw")
        result("the 3-D chart turns on drag", float(after) - float(before) > 0.9, before, after)
        shown(page, 1)
        kept = page.run("document.querySelector('#space canvas').dataset.yaw")
        result("and stays turned when flows come anew", kept == after, after, kept)


def check_table(page):
    every = page.run(ROWS)
    search(page, "proto udp port 53")
    page.wait("[...document.querySelectorAll('#flows tbody tr')].every(r => "
              "r.cells[0].textContent === 'UDP')", 10)
    some = page.run(ROWS)
    result("the search finds its flows alone", 0 < len(some) < len(every)
           and all(":53" in row[1] + row[2] for row in some), len(every), len(some), *some)
    search(page, "port nonsense")
    page.wait("Boolean(document.querySelector('#flows .error'))", 10)
    told = page.run("document.querySelector('#flows .error').textContent")
    result("a search that is none is told", "no number" in told, told)
    search(page, "")
    page.wait("!document.querySelector('#flows .error')", 10)
    page.run("[...document.querySelectorAll('#flows th button')].find("
             "b => b.textContent === 'to').click()")
    page.wait("Boolean(document.querySelector('#flows th[aria-sort=ascending]'))", 10)
    to = [row[2].rsplit(":", 1)[0] for row in page.run(ROWS)]
    order = [tuple(int(part) for part in address.split(".")) for address in to]
    result("a click on a head sorts", order == sorted(order) and len(set(order)) > 1, *to[:5])
    page.run("[...document.querySelectorAll('#flows th button')].find("
             "b => b.textContent === 'to').click()")
    page.wait("Boolean(document.querySelector('#flows th[aria-sort=descending]'))", 10)
    to = [row[2].rsplit(":", 1)[0] for row in page.run(ROWS)]
    order = [tuple(int(part) for part in address.split(".")) for address in to]
    result("another click sorts the other way", order == sorted(order, reverse=True), *to[:5])


def check_hostile(page):
    """Class, rule text and interface name became text: no element, no script of theirs."""
    found = page.run("document.querySelectorAll('img, script:not([src]):not([id=data]), u').length")
    result("hostile names make no elements", found == 0, found)
    owned = page.run("window.owned")
    result("hostile names run no script", owned is None, owned)
    text = page.run("document.body.textContent")
    for name in "<img src=x onerror=window.owned=1>", "<u>", "<b>text</b>":
        result(f"{name} is shown as it is", name in text)


def check_alert(page, rule, limit_s, attack):
    seen = "[...document.querySelectorAll('#alerts tbody tr')].find(r => r.cells[2].textContent === " \
           f"'{rule}')"
    result("there is no alert before the attack", not page.run(f"Boolean({seen})"))
    subprocess.run(attack, check=True, stdout=subprocess.DEVNULL)
    start = time.monotonic()
    try:
        page.wait(f"Boolean({seen})", 20)
    except TimeoutError:
        pass
    took = time.monotonic() - start
    result("the alert appears within two intervals of its attack", took < limit_s, took)
    title = page.run("document.title")
    result("the title tells of it", title.startswith("("), title)
    page.wait(f"({seen}).cells[0].textContent === 'resolved'", 60)
    result("it is shown to have resolved", True)


def check(url, rule, limit_s, attack):
    origin = url.split("/?")[0].rstrip("/") + "/"
    for width, dark in (800, True), (1600, False):
        page = chrome.page(url, width=width, dark=dark)
        shown(page, 1)
        check_quiet(page, f"at {width} pixels, {'dark' if dark else 'light'}", origin)
        if width == 800:
            page.close()
    check_moving(page)
    check_table(page)
    check_alert(page, rule, limit_s, attack)
    check_hostile(page)
    check_quiet(page, "at the end", origin)


if not browser.find():
    print("skip - the live page in a browser: no chromium")
    sys.exit(0)
chrome = browser.Browser()
try:
    if sys.argv[1] == "check":
        check(sys.argv[2], sys.argv[3], float(sys.argv[4]), sys.argv[5:])
    else:
        one = chrome.page(sys.argv[2], width=int(sys.argv[4]), dark="dark" in sys.argv[5:])
        shown(one, 3)
        one.picture(sys.argv[3])
finally:
    chrome.close()
sys.exit(failed > 0)
