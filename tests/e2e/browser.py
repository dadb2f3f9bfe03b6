# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A headless Chromium, driven through its DevTools protocol over two pipes: no port, no library.

Every page's console messages, exceptions and requests are kept, so that a test can say that there
were none it did not expect.
"""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
LIMIT_S = 60


def find():
    """The browser's path, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="weir-browser-")
        ours_in, its_out = os.pipe()
        its_in, ours_out = os.pipe()
        self.read_fd, self.write_fd = ours_in, ours_out
        # The browser speaks on file descriptors 3 (in) and 4 (out).
        program = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
        words = ["bash", "-c", program, "bash", str(its_in), str(its_out), find(),
                 "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe",
                 "--user-data-dir=" + self.profile, "about:blank"]
        self.process = subprocess.Popen(words, pass_fds=(its_in, its_out),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(its_in)
        os.close(its_out)
        self.pending = b""
        self.number = 0
        self.events = []

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.read_fd)
        os.close(self.write_fd)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _next(self, limit):
        while b"\0" not in self.pending:
            left = limit - time.monotonic()
            if left <= 0 or not select.select([self.read_fd], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self.read_fd, 1 << 20)
            if not part:
                raise EOFError("the browser has ended")
            self.pending += part
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.write_fd, json.dumps(message).encode() + b"\0")
        limit = time.monotonic() + LIMIT_S
        while True:
            answer = self._next(limit)
            if answer.get("id") != self.number:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def page(self, url, width=1200, height=900, dark=False, scripts=True):
        return Page(self, url, width, height, dark, scripts)


class Page:
    def __init__(self, browser, url, width, height, dark, scripts):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target,
                                    flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        start = time.monotonic()
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")
        self.seconds = time.monotonic() - start

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def run(self, expression):
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description"))
        return answer["result"].get("value")

    def wait(self, expression, limit_s=LIMIT_S):
        limit = time.monotonic() + limit_s
        while not self.run(expression):
            if time.monotonic() > limit:
                raise TimeoutError("never true: " + expression)
            time.sleep(0.02)

    def settle(self):
        """Two frames have been drawn."""
        self.run("new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def drag(self, x, y, to_x, to_y):
        self.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
        for i in range(1, 6):
            self.mouse("mouseMoved", x + (to_x - x) * i / 5, y + (to_y - y) * i / 5,
                       button="left", buttons=1)
        self.mouse("mouseReleased", to_x, to_y, button="left", clickCount=1)
        self.settle()

    def place(self, selector):
        """The middle of an element, after it was scrolled to: x, y."""
        return self.run("(e => { e.scrollIntoView({block: 'center'}); const r = "
                        "e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })"
                        f"(document.querySelector({json.dumps(selector)}))")

    def complaints(self):
        """What the page wrote to the console, threw, or was refused."""
        out = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            params = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                out.append(str(params["exceptionDetails"].get("exception", {}).get("description")))
            elif event["method"] == "Log.entryAdded":
                out.append(params["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled":
                out.append(" ".join(str(a.get("value", a.get("description")))
                                    for a in params["args"]))
            elif event["method"] == "Page.javascriptDialogOpening":
                out.append("dialog: " + params["message"])
        return out

    def requests(self):
        """What was asked for, but for the page itself and data within it."""
        urls = [event["params"]["request"]["url"] for event in self.browser.events
                if event.get("sessionId") == self.session
                and event["method"] == "Network.requestWillBeSent"]
        return [url for url in urls[1:] if not url.startswith("data:")]

    def picture(self, path, whole=True):
        """Write what it looks like as a PNG file."""
        image = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **(
            {"clip": dict(zip(("x", "y", "width", "height", "scale"),
                              (0, 0, *self.run("[document.documentElement.scrollWidth, "
                                               "document.documentElement.scrollHeight]"), 1)))}
            if whole else {}))
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))

    def pdf(self, path):
        paper = self.call("Page.printToPDF", printBackground=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(paper["data"]))

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
