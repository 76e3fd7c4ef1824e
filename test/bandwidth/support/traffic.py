"""Sends and receives for the bandwidth tests. Its one argument says what, as JSON. It ends when its
standard input does, so that nothing outlives the test."""
import ctypes
import fcntl
import json
import os
import selectors
import socket
import struct
import sys
import threading
import time

PIECE = bytes(128 * 1024)
# IPv6's header is 20 bytes longer than IPv4's: both fill a frame of 1500 bytes.
LARGEST_DATAGRAM = {socket.AF_INET: 1472, socket.AF_INET6: 1452}
SO_SNDBUFFORCE = 32
SIOCETHTOOL = 0x8946
ETHTOOL_STSO = 0x1F


def end_with_stdin():
    """Ends the process when whoever started it lets go, or dies."""

    def watch():
        while os.read(0, 4096):
            pass
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def come_first():
    """What other tests do on this machine is not what is measured."""
    os.setpriority(os.PRIO_PROCESS, 0, -15)


def say(**what):
    print(json.dumps(what), flush=True)


def opened(order):
    """A socket belongs to who makes it; room for more than a user may ask for is root's to give."""
    come_first()
    family = socket.AF_INET6 if ":" in order["to"] else socket.AF_INET
    kind = socket.SOCK_STREAM if order["protocol"] == "tcp" else socket.SOCK_DGRAM
    uid = order["uid"]
    os.setegid(uid)
    os.seteuid(uid)
    made = socket.socket(family, kind)
    os.seteuid(0)
    if "mark" in order:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, order["mark"])
    os.setegid(0)
    if "buffer" in order:
        made.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, order["buffer"])
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    return made


def connected(order):
    sender = opened(order)
    if "from_port" in order:
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sender.bind(("", order["from_port"]))
    sender.connect((order["to"], order["port"]))
    return sender


def flood(order):
    """Sends as much as it can; datagrams are numbered. With `rate`: that many bit/s, headers included."""
    sender = connected(order)
    # What it has not sent when it is killed goes with it, and does not disturb the next test.
    if order["protocol"] == "tcp":
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    say(sending=True)
    if order["protocol"] == "tcp":
        while True:
            sender.sendall(PIECE)
    payload = bytearray(LARGEST_DATAGRAM[sender.family])
    gap = 1514 * 8 / order["rate"] if "rate" in order else 0
    number, start = 0, time.monotonic()
    while True:
        struct.pack_into("!Q", payload, 0, number)
        try:
            sender.send(payload)
        except ConnectionRefusedError:
            pass
        number += 1
        wait = start + number * gap - time.monotonic() if gap else 0
        if wait > 0:
            time.sleep(wait)


def leave(order):
    """Hands `bytes` over to the kernel, closes, and ends before they have been sent."""
    sender = connected(order)
    left = order["bytes"]
    while left > 0:
        left -= sender.send(PIECE[: min(left, len(PIECE))])
    port = sender.getsockname()[1]
    sender.close()
    say(closed=True, from_port=port)
    os._exit(0)


def send_once(order):
    """Sends `bytes` by TCP and waits until they have arrived; says how long that took."""
    start = time.monotonic()
    sender = connected(order)
    left = order["bytes"]
    while left > 0:
        left -= sender.send(PIECE[: min(left, len(PIECE))])
    sender.shutdown(socket.SHUT_WR)
    sender.recv(1)
    say(seconds=time.monotonic() - start)
    os._exit(0)


def take_stream(peer, selector, buffer):
    try:
        # Data that is only thrown away need not be copied (tcp(7)).
        got = peer.recv_into(buffer, len(buffer), socket.MSG_TRUNC)
    except OSError:
        got = 0
    if got == 0:
        selector.unregister(peer)
        peer.close()


def sink(order):
    """Takes whatever comes to its ports, and counts numbered datagrams by the port that they came to."""
    come_first()
    selector = selectors.DefaultSelector()
    buffer, counts = bytearray(1 << 20), {}
    for port in range(order["first"], order["last"] + 1):
        listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        selector.register(listener, selectors.EVENT_READ, "accept")
    for port in order["datagrams"]:
        taker = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        taker.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        taker.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
        taker.bind(("::", port))
        selector.register(taker, selectors.EVENT_READ, port)
        counts[port] = {"taken": 0, "newest": -1}
    selector.register(0, selectors.EVENT_READ, "asked")
    say(ready=True)
    while True:
        for key, _ in selector.select():
            if key.data == "accept":
                peer = key.fileobj.accept()[0]
                selector.register(peer, selectors.EVENT_READ, "stream")
            elif key.data == "stream":
                take_stream(key.fileobj, selector, buffer)
            elif key.data == "asked":
                if not os.read(0, 4096):
                    return
                say(datagrams=counts)
            else:
                size = key.fileobj.recv_into(buffer)
                count = counts[key.data]
                count["taken"] += 1
                if size >= 8:
                    count["newest"] = max(count["newest"], struct.unpack_from("!Q", buffer)[0])


def sample(order):
    """Notes what an interface has received every few milliseconds; for each line it reads, says so far."""
    samples, asked = [], threading.Event()

    def listen():
        while os.read(0, 4096):
            asked.set()
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    # It is to see when the machine has no time for anybody, not to wait for others.
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    path = f"/sys/class/net/{order['device']}/statistics/rx_bytes"
    file = os.open(path, os.O_RDONLY)
    say(ready=True)
    while True:
        try:
            samples.append((time.monotonic(), int(os.pread(file, 32, 0))))
        except OSError:
            # The interface is gone; there may be another of its name.
            if os.path.exists(path):
                os.close(file)
                file = os.open(path, os.O_RDONLY)
        if asked.is_set():
            asked.clear()
            say(samples=samples)
            samples = []
        time.sleep(order["every"])


def real_frames(order):
    """Has large packets cut into frames behind the qdisc (GSO) and not left whole on the wire (TSO)."""
    value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STSO, 0))
    request = struct.pack("16sP16x", order["device"].encode(), ctypes.addressof(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        fcntl.ioctl(asker.fileno(), SIOCETHTOOL, request)
    say(done=True)


def main():
    order = json.loads(sys.argv[1])
    doing = {f.__name__: f for f in (flood, leave, send_once, sink, sample, real_frames)}[order["do"]]
    if doing in (flood, leave, send_once):
        end_with_stdin()
    try:
        doing(order)
    except (BrokenPipeError, ConnectionError) as error:
        say(failed=str(error))


main()
