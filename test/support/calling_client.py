"""Calls the API without a pause until a file appears, and tells what came of it.

usage: calling_client.py SLIVER STOP_FILE OUTPUT_FILE UNIX_PATH TCP_PORT

Several clients at once: on the Unix socket and on TCP, each with one connection for all its calls and
with a new one for each, reading and writing. A call whose connection breaks is made once more, on a new
connection, as a careful client does. Writes one JSON object: how many calls were made, how many of them
a second time, and in 'lost' and 'refused' what no client should ever see.
"""
import http.client
import json
import os
import socket
import sys
import threading
import time
import xmlrpc.client

SLIVER, STOP, OUTPUT, PATH, PORT = sys.argv[1:]
# Nobody waits for this program for ever.
LONGEST_SECONDS = 600
PATIENCE_SECONDS = 120


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(PATH)


def unix():
    return UnixConnection("localhost", timeout=PATIENCE_SECONDS)


def tcp():
    return http.client.HTTPConnection("127.0.0.1", int(PORT), timeout=PATIENCE_SECONDS)


def exchange(connection, body):
    connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
    response = connection.getresponse()
    text = response.read()
    if response.status != 200:
        raise http.client.HTTPException(f"status {response.status}")
    (result,), _ = xmlrpc.client.loads(text)
    return result


class Client(threading.Thread):
    def __init__(self, dial, keep, method, *params):
        super().__init__()
        self.dial = dial
        self.keep = keep
        self.body = xmlrpc.client.dumps(params, method)
        self.connection = None
        self.calls = 0
        self.again = 0
        self.refused = []
        self.lost = []

    def run(self):
        end = time.monotonic() + LONGEST_SECONDS
        while not os.path.exists(STOP) and time.monotonic() < end:
            self.calls += 1
            if not self.attempt(self.again_after):
                self.attempt(self.lost.append)

    def again_after(self, _):
        self.again += 1

    def attempt(self, failed):
        try:
            if self.connection is None or not self.keep:
                self.hang_up()
                self.connection = self.dial()
            exchange(self.connection, self.body)
            return True
        except (OSError, http.client.HTTPException, xmlrpc.client.Fault) as error:
            text = f"{type(error).__name__}: {error}"
            if isinstance(error, ConnectionRefusedError):
                self.refused.append(text)
            self.hang_up()
            failed(text)
            return False

    def hang_up(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


clients = [
    Client(unix, True, "GetRSpec", SLIVER),
    Client(unix, False, "GetEffectiveRSpec", SLIVER),
    Client(unix, True, "SetLoans", SLIVER, []),
    Client(tcp, True, "GetLoans", SLIVER),
    Client(tcp, False, "GetRSpec", SLIVER),
    Client(tcp, False, "SetLoans", SLIVER, []),
]
for client in clients:
    client.start()
for client in clients:
    client.join()
told = {
    "calls": [client.calls for client in clients],
    "again": sum(client.again for client in clients),
    "refused": [text for client in clients for text in client.refused],
    "lost": [text for client in clients for text in client.lost],
}
with open(f"{OUTPUT}.new", "w", encoding="utf-8") as file:
    json.dump(told, file)
os.rename(f"{OUTPUT}.new", OUTPUT)
