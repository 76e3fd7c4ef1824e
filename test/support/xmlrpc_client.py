"""Python's own XML-RPC client, driven by JSON lines: a client that nobody here wrote.

usage: xmlrpc_client.py tcp PORT | unix PATH [UID]

Reads {"method": ..., "params": [...]} a line, answers {"result": ...}, {"fault": [code, text]} or
{"error": text} a line. Instead of "params" there may be "typed", a list of [type, value] (see
../conformance/typed-value.ts), and an "encoding". With UID it becomes that user first (as root only).
"""
import base64
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


MADE_BY = {
    "array": lambda items: [value_of(item) for item in items],
    "struct": lambda members: {name: value_of(member) for name, member in members.items()},
    "string": str,
    "int": int,
    "i8": int,
    "double": float,
    "boolean": lambda text: text == "1",
    "nil": lambda _: None,
    "dateTime": xmlrpc.client.DateTime,
    "base64": lambda text: xmlrpc.client.Binary(base64.b64decode(text)),
}


def value_of(typed):
    kind, value = typed
    return MADE_BY[kind](value)


def proxy(kind, where, encoding=None):
    if kind == "tcp":
        return xmlrpc.client.ServerProxy(f"http://127.0.0.1:{where}/RPC2", encoding=encoding, allow_none=True)
    transport = UnixTransport(where)
    return xmlrpc.client.ServerProxy("http://localhost/RPC2", transport, encoding=encoding, allow_none=True)


def params_of(call):
    return [value_of(typed) for typed in call["typed"]] if "typed" in call else call["params"]


def answer(server, call):
    try:
        return {"result": getattr(server, call["method"])(*params_of(call))}
    except xmlrpc.client.Fault as fault:
        return {"fault": [fault.faultCode, fault.faultString]}
    except OverflowError as error:
        return {"error": repr(error)}
    except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
        server("close")()
        return {"error": repr(error)}


def main():
    kind, where, *uid = sys.argv[1:]
    if uid:
        os.setgroups([])
        os.setgid(int(uid[0]))
        os.setuid(int(uid[0]))
    servers = {None: proxy(kind, where)}
    for line in sys.stdin:
        call = json.loads(line)
        encoding = call.get("encoding")
        if encoding not in servers:
            servers[encoding] = proxy(kind, where, encoding)
        # A date and bytes have texts of their own.
        print(json.dumps(answer(servers[encoding], call), default=str), flush=True)


main()
