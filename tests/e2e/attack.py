# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
attack.py NAME ARGUMENT...: what an attacker, or an ordinary host, sends; for tests in namespaces.

    serve ADDRESS            HTTP-like on port 80, DNS-like on port 53, a drain on 443 and 8443
    normal FROM TO SECONDS   requests to these, at odd moments
    scan FROM TO             connect to 200 ports of a host
    sweep FROM NET           connect to port 445 of NET.1 to NET.60
    flood LINK MAC TO        3,000 SYNs to port 80 from forged addresses
    amplify TO FROM...       2 MB of UDP from port 53 of each
    beacon FROM TO SECONDS   connect ten times and once more, that far apart
    exfiltrate FROM TO       send 110 MB
"""
import random
import selectors
import socket
import struct
import sys
import time


def tcp(source):
    s = socket.socket()
    s.bind((source, 0))
    return s


def try_connect(source, targets):
    waiting = []
    for target in targets:
        s = tcp(source)
        s.setblocking(False)
        s.connect_ex(target)
        waiting.append(s)
        time.sleep(0.001)
    time.sleep(0.5)
    for s in waiting:
        s.close()


def scan(source, to):
    try_connect(source, [(to, port) for port in range(1000, 1200)])


def sweep(source, net):
    try_connect(source, [(f"{net}.{host}", 445) for host in range(1, 61)])


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def syn_frame(mac, source, to, port):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, source, to)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    head = struct.pack("!HHIIBBHHH", port, 80, 7, 0, 5 << 4, 2, 1024, 0, 0)
    sums = checksum(source + to + struct.pack("!BBH", 0, 6, 20) + head)
    head = head[:16] + struct.pack("!H", sums) + head[18:]
    return mac + b"\2\0\0\0\0\1" + b"\x08\0" + ip + head


def flood(link, mac, to):
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((link, 0))
    mac = bytes.fromhex(mac.replace(":", ""))
    dice = random.Random(1)
    for _ in range(3000):
        forged = bytes([198, 51, dice.randrange(256), dice.randrange(256)])
        out.send(syn_frame(mac, forged, socket.inet_aton(to), dice.randrange(1024, 65536)))


def amplify(to, *sources):
    for source in sources:
        s = socket.socket(type=socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((source, 53))
        for i in range(1500):
            s.sendto(b"x" * 1400, (to, 4444))
            if i % 50 == 0:
                time.sleep(0.005)


def beacon(source, to, seconds):
    for _ in range(11):
        with tcp(source) as s:
            s.connect((to, 443))
            s.sendall(b"still here")
        time.sleep(float(seconds))


def exfiltrate(source, to):
    with tcp(source) as s:
        s.connect((to, 8443))
        for _ in range(110):
            s.sendall(b"x" * 1000000)


def normal(source, to, seconds):
    dice = random.Random(2)
    end = time.time() + float(seconds)
    while time.time() < end:
        with socket.socket(type=socket.SOCK_DGRAM) as s:
            s.bind((source, 0))
            s.settimeout(1)
            s.sendto(b"a" * dice.randrange(20, 50), (to, 53))
            s.recv(2000)
        with tcp(source) as s:
            s.connect((to, 80))
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while s.recv(65536):
                pass
        time.sleep(dice.uniform(0, 0.3))


def answer(key, _):
    if key.data == 53:
        data, peer = key.fileobj.recvfrom(2000)
        key.fileobj.sendto(data + b"b" * 60, peer)
    elif key.data == "client":
        if not key.fileobj.recv(1 << 20):
            selector.unregister(key.fileobj)
            key.fileobj.close()
    else:
        client, _ = key.fileobj.accept()
        if key.data == 80:
            client.recv(1000)
            client.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"y" * 30000)
            client.close()
        else:
            selector.register(client, selectors.EVENT_READ, "client")


selector = selectors.DefaultSelector()


def serve(address):
    for port in 53, 80, 443, 8443:
        s = socket.socket(type=socket.SOCK_DGRAM if port == 53 else socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, port))
        if port != 53:
            s.listen(100)
        selector.register(s, selectors.EVENT_READ, port)
    print("ready", flush=True)
    while True:
        for key, mask in selector.select():
            answer(key, mask)


NAMES = {f.__name__: f for f in (serve, normal, scan, sweep, flood, amplify, beacon, exfiltrate)}
print(time.time(), flush=True)
NAMES[sys.argv[1]](*sys.argv[2:])
