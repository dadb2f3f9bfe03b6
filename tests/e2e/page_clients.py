# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Clients of the live page.

page_clients.py ask ADDRESS:PORT PATH [NAME=VALUE...]   status, headers and body of a GET
page_clients.py hostile PORT SECONDS                    100 that are slow or mean harm; prints how
                                                        many half requests were dropped in time
page_clients.py polite PORT SECONDS                     one that asks all the time, from 127.0.0.2;
                                                        prints the longest answer in seconds
"""
import http.client
import random
import socket
import sys
import threading
import time

IDLE_S, REQUEST_S = 14, 36  # the server's 10 and 30, and some
dropped = 0
lock = threading.Lock()


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=5)
    s.settimeout(1)
    return s


def is_closed(s):
    try:
        return not s.recv(65536)
    except TimeoutError:
        return False
    except OSError:
        return True


def wait_closed(s, start, limit_s, send=None):
    """Until the server closes it; counts if that was in time."""
    global dropped
    while time.monotonic() - start < limit_s:
        if send:
            try:
                s.sendall(send)
            except OSError:
                pass
        if is_closed(s):
            with lock:
                dropped += 1
            return


def half(port, end):
    s = connect(port)
    s.sendall(b"GET /api/flows HTTP/1.1\r\nHost: localhost\r\nX-")
    wait_closed(s, time.monotonic(), IDLE_S)


def drip(port, end):
    s = connect(port)
    s.sendall(b"GET /api/flows HTTP/1.1\r\nHost: localhost\r\nX-A: ")
    wait_closed(s, time.monotonic(), REQUEST_S, b"a")


def repeat(port, end, data, reads=True):
    while time.monotonic() < end:
        try:
            s = connect(port)
            s.sendall(data)
            if reads:
                while s.recv(65536):
                    pass
            else:
                time.sleep(1)
            s.close()
        except OSError:
            time.sleep(0.05)


def huge(port, end):
    repeat(port, end, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 300000 + b"\r\n\r\n")


def flood(port, end):
    repeat(port, end, b"GET /api/flows?limit=1000&q=10 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50, False)


def methods(port, end):
    repeat(port, end, b"POST /api/flows HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n"
           + b"z" * 4000)


def garbage(port, end):
    repeat(port, end, random.Random(1).randbytes(5000))


def unread(port, end):
    s = connect(port)
    s.sendall(b"GET /d3.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100)
    time.sleep(max(0, end - time.monotonic()))


def guarded(kind, port, end):
    try:
        kind(port, end)
    except OSError:
        pass


def hostile(port, seconds):
    end = time.monotonic() + seconds
    kinds = [half] * 10 + [drip] * 5 + [huge, flood, methods, garbage, unread] * 17
    threads = [threading.Thread(target=guarded, args=(kind, port, end), daemon=True)
               for kind in kinds]
    for thread in threads:
        thread.start()
        time.sleep(0.01)
    print("begun", flush=True)
    for thread in threads[:15]:
        thread.join()
    time.sleep(max(0, end - time.monotonic()))
    print(dropped)


def polite(port, seconds):
    end, longest = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        start = time.monotonic()
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=20,
                                       source_address=("127.0.0.2", 0))
        c.request("GET", "/api/summary")
        if c.getresponse().status != 200:
            longest = 999
        c.close()
        longest = max(longest, time.monotonic() - start)
        time.sleep(0.1)
    print(f"{longest:.3f}")


def ask(server, path, *headers):
    c = http.client.HTTPConnection(server, timeout=20)
    c.request("GET", path, headers=dict(h.split("=", 1) for h in headers))
    answer = c.getresponse()
    print(answer.status)
    print("\n".join(f"{name}: {value}" for name, value in answer.getheaders()))
    print()
    sys.stdout.write(answer.read().decode())


if sys.argv[1] == "ask":
    ask(*sys.argv[2:])
else:
    {"hostile": hostile, "polite": polite}[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3]))
