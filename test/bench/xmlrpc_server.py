"""The peer that tenants know: Python's SimpleXMLRPCServer, with one method that answers a struct.

Usage: xmlrpc_server.py FILE, where FILE holds the methodResponse whose value is answered. Prints its
port, and ends with its standard input.
"""
import sys
import threading
import xmlrpc.client
import xmlrpc.server


class Server(xmlrpc.server.SimpleXMLRPCServer):
    # 5 by default: with more clients than that it would be the kernel's pauses that are measured.
    request_queue_size = 1024


with open(sys.argv[1], encoding="utf-8") as file:
    (struct,), _ = xmlrpc.client.loads(file.read())
server = Server(("127.0.0.1", 0), logRequests=False)
server.register_function(lambda sliver: struct, "GetRSpec")
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
