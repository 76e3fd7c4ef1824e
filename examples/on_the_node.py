"""Calls the API on the node itself, or from inside a sliver, on either of its sockets.

    python3 on_the_node.py http://127.0.0.1:812/RPC2 GetLoans princeton_sirius
    python3 on_the_node.py /run/nodemgr/api.sock GetLoans princeton_sirius

An argument is JSON, or a word that stands for itself. Python's client sends no integer over 31 bits: an
amount that large is sent as a float, 5000000000.0, and is taken as the integer that it is.
"""
import http.client
import json
import socket
import sys
import xmlrpc.client


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        return UnixConnection(self.path)


def api(where):
    if where.startswith("http:"):
        return xmlrpc.client.ServerProxy(where)
    return xmlrpc.client.ServerProxy("http://localhost/RPC2", UnixTransport(where))


def value_of(word):
    try:
        return json.loads(word)
    except ValueError:
        return word


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: on_the_node.py URL|SOCKET METHOD [ARGUMENT...]")
    where, method, *words = sys.argv[1:]
    print(json.dumps(getattr(api(where), method)(*map(value_of, words))))
