"""Python's own XML-RPC client, driven by JSON lines: a client that nobody here wrote.

usage: xmlrpc_client.py tcp PORT | unix PATH [UID]

Reads {"method": ..., "params": [...]} a line, answers {"result": ...}, {"fault": [code, text]} or
{"error": text} a line. With UID it becomes that user first (as root only).
"""
import encodings.idna  # noqa: F401  Loaded late otherwise: by then another user may not read it.
import http.client
import json
import os
import socket
import sys
import xmlrpc.client


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        return UnixConnection(self.path)


def proxy(kind, where):
    if kind == "tcp":
        return xmlrpc.client.ServerProxy(f"http://127.0.0.1:{where}/RPC2", allow_none=True)
    return xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=UnixTransport(where), allow_none=True)


def answer(server, call):
    try:
        return {"result": getattr(server, call["method"])(*call["params"])}
    except xmlrpc.client.Fault as fault:
        return {"fault": [fault.faultCode, fault.faultString]}
    except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
        server("close")()
        return {"error": repr(error)}


def main():
    kind, where, *uid = sys.argv[1:]
    if uid:
        os.setgroups([])
        os.setgid(int(uid[0]))
        os.setuid(int(uid[0]))
    server = proxy(kind, where)
    for line in sys.stdin:
        print(json.dumps(answer(server, json.loads(line))), flush=True)


main()
