# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The page of weir report in a real browser.

report_page.py check PAGE HOSTILE     what must hold, as "ok - WHAT" and "not ok - WHAT" lines
report_page.py open PAGE              how long it takes to open and draw
report_page.py picture PAGE PNG WIDTH [dark]
"""
import json
import sys

import browser

failed = 0


def result(what, good, *found):
    global failed
    print(("ok - " if good else "not ok - ") + what)
    if not good:
        failed += 1
        for line in found:
            print("    " + str(line))


def number(page, selector, name):
    return float(page.run(f"document.querySelector('{selector}').dataset.{name}"))


def click(page, x, y, times=1):
    for count in range(1, times + 1):
        page.mouse("mousePressed", x, y, button="left", clickCount=count)
        page.mouse("mouseReleased", x, y, button="left", clickCount=count)
    page.settle()


def check_quiet(page, what):
    result(f"{what}: it was drawn", page.run("document.documentElement.dataset.ready") == "yes")
    result(f"{what}: nothing on the console", not page.complaints(), *page.complaints())
    result(f"{what}: nothing is loaded", not page.requests(), *page.requests())


def check_numbers(page):
    """Charts and summary say what the data says."""
    total, volume, points = page.run(
        "(d => [d.total, d.volume.bytes.reduce((a, b) => a + b, 0), d.points.length])"
        "(JSON.parse(document.getElementById('data').textContent))")
    result("the volume adds up to the total", volume == total["bytes"], volume, total["bytes"])
    shown = page.run("document.querySelector('#tiles dd').textContent")
    result("the summary tells the flows", shown == f"{total['flows']:,}", shown)
    drawn = number(page, "#anomalies canvas", "drawn")
    result("every flow is a point", drawn == points == total["flows"], drawn, points)
    sums = page.run("[...document.querySelectorAll('#protocols td.number')].reduce("
                    "(n, e) => n + Number(e.textContent.replace(/,/g, '')), 0)")
    result("protocols add up to the flows", sums == total["flows"], sums)


def check_space(page):
    chart = "#space canvas"
    before = page.run("document.querySelector('#space canvas').toDataURL()")
    yaw, pitch = number(page, chart, "yaw"), number(page, chart, "pitch")
    x, y = page.place(chart)
    page.drag(x, y, x + 120, y + 30)
    result("the 3-D chart turns on drag", number(page, chart, "yaw") - yaw > 0.9
           and number(page, chart, "pitch") > pitch, yaw, number(page, chart, "yaw"))
    after = page.run("document.querySelector('#space canvas').toDataURL()")
    result("and looks another way", before != after)
    page.mouse("mouseMoved", x - 5, y)
    page.settle()
    result("but not when the pointer moves without a button",
           after == page.run("document.querySelector('#space canvas').toDataURL()"))
    click(page, x, y, 2)
    result("a double click turns it back", number(page, chart, "yaw") == yaw)


def check_zoom(page):
    chart = "#volume svg"
    x, y = page.place(chart)
    whole = number(page, chart, "to") - number(page, chart, "from")
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-500)
    page.settle()
    result("the wheel is the page's before a click",
           number(page, chart, "to") - number(page, chart, "from") == whole)
    x, y = page.place(chart)
    click(page, x, y)
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-500)
    page.settle()
    part = number(page, chart, "to") - number(page, chart, "from")
    result("the wheel zooms the volume after a click", part < whole / 1.5, whole, part)
    click(page, x, y, 2)
    result("a double click shows all of it again",
           abs(number(page, chart, "to") - number(page, chart, "from") - whole) < 1e-6)
    page.mouse("mouseMoved", x, y)
    page.settle()
    tip = page.run("document.getElementById('tip').textContent")
    result("pointing at it tells time and rate", "UTC" in tip and "B/s" in tip, tip)


def check_table(page):
    rows = "[...document.querySelectorAll('#unusual tbody tr')].map(r => r.textContent)"
    every = page.run(rows)
    page.run("(i => { i.value = '2001:DB8 udp'; i.dispatchEvent(new Event('input')); })"
             "(document.querySelector('#unusual input'))")
    some = page.run(rows)
    result("the search finds its words alone", 0 < len(some) < len(every)
           and all("2001:db8" in row and "UDP" in row for row in some), len(every), len(some))
    page.run("(i => { i.value = ''; i.dispatchEvent(new Event('input')); })"
             "(document.querySelector('#unusual input'))")
    score = "[...document.querySelectorAll('#unusual tbody td:first-child')].map(e => +e.textContent)"
    up = page.run(score)
    page.run("document.querySelector('#unusual th button').click()")
    result("a click on a head sorts", up == sorted(up)
           and page.run(score) == sorted(up, reverse=True), up[:5])


def check_hostile(page):
    """Names of the records became text: no element, no script, no style of theirs."""
    found = page.run("document.querySelectorAll('img, iframe, object, embed, svg script').length")
    result("hostile names make no elements", found == 0, found)
    owned = page.run("window.owned")
    result("hostile names run no script", owned is None, owned)
    title = page.run("document.title")
    result("a hostile title is the title", title == "</title><script>window.owned=1</script>", title)
    for name in ("<img src=x onerror=window.owned=1>", "</script><script>window.owned=1</script>",
                 "=cmd|' /C calc'!A0", "{{js}}"):
        held = page.run("[...document.querySelectorAll('td')].some(e => "
                        f"e.textContent === {json.dumps(name)})")
        result(f"it shows {name} as it is", held)
    scripts = page.run("[...document.querySelectorAll('script')].map(s => s.type)")
    result("the page has its own scripts alone", scripts == ["application/json", "", ""], scripts)
    page.run("(s => { s.textContent = 'window.owned = 2'; document.body.append(s); })"
             "(document.createElement('script'))")
    result("its policy stops a script that was put in", not page.run("window.owned"))


def check(browse, path, hostile):
    page = browse.page("file://" + path)
    check_quiet(page, "report")
    check_numbers(page)
    check_space(page)
    check_zoom(page)
    check_table(page)
    wide = [browse.page("file://" + path, width=width, dark=dark)
            for width, dark in ((800, True), (1600, False), (400, False))]
    for one in wide:
        over = one.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        width = one.run("window.innerWidth")
        result(f"at {width} pixels it is not wider than the window", over <= 0, over)
        check_quiet(one, f"at {width} pixels")
    result("after all that: nothing on the console", not page.complaints(), *page.complaints())
    page = browse.page("file://" + hostile)
    check_quiet(page, "hostile names")
    check_hostile(page)


def main(mode, *words):
    if not browser.find():
        print("skip - the page in a browser: no chromium")
        return 0
    browse = browser.Browser()
    try:
        if mode == "check":
            check(browse, *words)
        elif mode == "open":
            page = browse.page("file://" + words[0])
            page.wait("document.documentElement.dataset.ready === 'yes'")
            page.settle()
            print(f"opens       {page.seconds:.2f} s, drawn")
        else:
            page = browse.page("file://" + words[0], width=int(words[2]), dark="dark" in words)
            page.settle()
            page.picture(words[1])
    finally:
        browse.close()
    return failed > 0


sys.exit(main(*sys.argv[1:]))
