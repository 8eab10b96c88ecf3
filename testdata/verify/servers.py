"""Servers that are slow, broken or strange, each on a free port of the loopback interface.

    servers.py FOLDER     writes FOLDER/KIND.port for each kind, then "ready"; ends with its standard input

A connection to "trap" is noted in FOLDER/trapped, first lines that "proxy" and "refusing" get in FOLDER/proxied and
FOLDER/refused, moments of requests to "pausing" in FOLDER/times. "sni" shows the certificate FOLDER/NAME.pem for each
name and notes names in FOLDER/names.
"""

import os
import socket
import ssl
import struct
import sys
import threading
import time

folder = sys.argv[1]
begun = []
lock = threading.Lock()
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def head(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return data


def good(connection):
    while head(connection):
        connection.sendall(GOOD)


def silent(connection):
    head(connection)
    time.sleep(30)


def endless(connection):
    head(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\nx\r\n")
        time.sleep(0.05)


def closed(connection):
    head(connection)


def reset(connection):
    head(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def truncated(connection):
    head(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")


def garbage(connection):
    head(connection)
    connection.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")


def redirect(connection):
    while True:
        request = head(connection)
        if not request:
            return
        with open(f"{folder}/trap.port", encoding="ascii") as file:
            port = file.read()
        answer = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(answer.encode())


def trap(connection):
    with open(f"{folder}/trapped", "a", encoding="ascii") as file:
        file.write("somebody came\n")
    connection.close()


def relay(source, sink):
    try:
        while part := source.recv(65536):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def proxy(connection):
    line = head(connection).split(b"\r\n")[0].decode()
    with open(f"{folder}/proxied", "a", encoding="ascii") as file:
        file.write(f"{line}\n")
    method, target, _ = line.split(" ")
    if method != "CONNECT":
        return
    host, port = target.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as server:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=relay, args=(server, connection), daemon=True).start()
        relay(connection, server)


def pausing(connection):
    """Answers nobody in the first two seconds of its first connection, and notes when requests come."""
    with lock:
        begun.append(time.monotonic())
    while head(connection):
        with lock, open(f"{folder}/times", "a", encoding="ascii") as file:
            file.write(f"{time.monotonic()}\n")
        time.sleep(max(0, begun[0] + 2 - time.monotonic()))
        connection.sendall(GOOD)


def refusing(connection):
    line = head(connection).split(b"\r\n")[0].decode()
    with open(f"{folder}/refused", "a", encoding="ascii") as file:
        file.write(f"{line}\n")
    connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


def headers(connection):
    """Tells what arrived under names of its own."""
    while True:
        request = head(connection)
        if not request:
            return
        target = request.split(b" ")[1].decode()
        body = f'{{"request": {{"url": "{target}"}}, "got": {{"A": "b"}}, "hostname": "web-7c9f4bd5d8-x2x4k"}}'
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


def serve(kind, handler, wrap=None):
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    with open(f"{folder}/{kind}.port", "w", encoding="ascii") as file:
        file.write(str(listener.getsockname()[1]))

    def one(connection):
        try:
            if wrap:
                connection = wrap.wrap_socket(connection, server_side=True)
            handler(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def loop():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


def by_name():
    contexts = {}
    for name in ("a.corp.example", "b.corp.example"):
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(f"{folder}/{name}.pem")

    def choose(connection, name, _):
        with open(f"{folder}/names", "a", encoding="ascii") as file:
            file.write(f"{name}\n")
        if name in contexts:
            connection.context = contexts[name]

    contexts["a.corp.example"].sni_callback = choose
    return contexts["a.corp.example"]


for kind, handler in (("good", good), ("silent", silent), ("endless", endless), ("closed", closed), ("reset", reset),
                      ("truncated", truncated), ("garbage", garbage), ("redirect", redirect), ("trap", trap),
                      ("headers", headers), ("proxy", proxy), ("refusing", refusing), ("pausing", pausing)):
    serve(kind, handler)
serve("sni", good, by_name())
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
