"""Does for one program what systemd does for a service with sockets.

usage: activating_parent.py UNIX_PATH TCP_PORT PROGRAM ARGS…

Binds and listens, and hands the sockets over to PROGRAM (sd_listen_fds(3)) whenever it does not run and a
caller waits on one of them. The sockets stay open here while it is away. Writes a JSON line for each start
({"started": PID}) and each end ({"ended": PID, "status": N}). At the end of standard input it ends the
program and itself.
"""
import json
import os
import select
import signal
import socket
import sys

PATH, PORT, *COMMAND = sys.argv[1:]
BACKLOG = 1024
FIRST_FD = 3


def listening():
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(PATH)
    os.chmod(PATH, 0o666)
    tcp = socket.socket(socket.AF_INET)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind(("127.0.0.1", int(PORT)))
    for made in (unix, tcp):
        made.listen(BACKLOG)
    return [unix, tcp]


def say(**what):
    print(json.dumps(what), flush=True)


def start(sockets):
    pid = os.fork()
    if pid != 0:
        say(started=pid)
        return pid
    # Out of the way of where they go.
    high = [os.dup2(made.fileno(), 100 + index) for index, made in enumerate(sockets)]
    for index, fd in enumerate(high):
        os.dup2(fd, FIRST_FD + index, inheritable=True)
        os.close(fd)
    os.environ.update(LISTEN_FDS=str(len(sockets)), LISTEN_PID=str(os.getpid()))
    os.execvp(COMMAND[0], COMMAND)


def serve(sockets, ended):
    """Standard input and `ended`, which has a byte for each SIGCHLD, are watched all the time."""
    running = None
    while True:
        waiting = [] if running else sockets
        readable, _, _ = select.select([sys.stdin, ended, *waiting], [], [])
        if ended in readable:
            ended.recv(1024)
        if running is not None:
            pid, status = os.waitpid(running, os.WNOHANG)
            if pid != 0:
                say(ended=pid, status=os.waitstatus_to_exitcode(status))
                running = None
            elif sys.stdin in readable:
                os.kill(running, signal.SIGKILL)
        elif sys.stdin not in readable and any(made in readable for made in sockets):
            running = start(sockets)
        if running is None and sys.stdin in readable:
            return


ended, on_child = socket.socketpair()
on_child.setblocking(False)
signal.set_wakeup_fd(on_child.fileno())
signal.signal(signal.SIGCHLD, lambda *_: None)
serve(listening(), ended)
