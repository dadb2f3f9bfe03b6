# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""priv_receiver.py FOLDER PORT: where alerts go in a test.

Takes HTTP on 127.0.0.1:PORT and the system's log on FOLDER/log, and notes what comes in files of
FOLDER: webhook, alertmanager and syslog, and get for requests without a body.
"""
import http.server
import os
import socket
import sys
import threading

folder, port = sys.argv[1], int(sys.argv[2])


def note(name, data):
    with open(os.path.join(folder, name), "ab") as f:
        f.write(data.rstrip(b"\n") + b"\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        note("alertmanager" if self.path == "/api/v2/alerts" else "webhook", body)
        self.answer()

    def do_GET(self):
        note("get", self.path.encode())
        self.answer()

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(os.path.join(folder, "log"))
os.chmod(os.path.join(folder, "log"), 0o777)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
while True:
    note("syslog", log.recv(8192))
