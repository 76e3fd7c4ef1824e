"""Runs `npm start` until it is ready, calls the API as README does, ends it as Ctrl-C does.

usage: start_and_call.py STATE
"""
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import xmlrpc.client

[state] = sys.argv[1:]
# README's own may be somebody else's on this machine, whose network this system shares.
with socket.create_server(("127.0.0.1", 0)) as free:
    port = str(free.getsockname()[1])
command = ["npm", "start", "--", "--plain", "--state", state, "--tcp-port", port]
node = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
ready = None
for line in node.stdout:
    print(line, end="", flush=True)
    ready = re.match(r"ready tcp (\S+) unix (.+)$", line)
    if ready:
        break
else:
    sys.exit(f"npm start ended with {node.wait()}")
api = xmlrpc.client.ServerProxy(f"http://{ready[1]}")
assert api.GetRSpec("mit_dht")["nm_disk_quota"] == 5000000
mode = stat.S_IMODE(os.stat(ready[2]).st_mode)
assert mode == 0o666, f"{ready[2]} has the mode {mode:o}"
os.killpg(node.pid, signal.SIGINT)
for line in node.stdout:
    print(line, end="", flush=True)
status = node.wait()
assert status == 0, f"npm start ended with {status}"
