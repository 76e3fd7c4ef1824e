#!/usr/bin/env python3
"""Stands for ssh(1) and for the sshd(8) at its other end: reads its arguments as OpenSSH does, becomes the
account's user, and runs the account's login shell as sshd would. What it does depends on the host:

    unreachable   cannot be connected to
    silent        never answers
    person        an account whose login shell is sh
    banner        greets on standard error, then like any other
    any other     a delegate's account, with the shell SSH_STAND_IN_SHELL, as user SSH_STAND_IN_UID

It writes its arguments, as JSON, to the file SSH_STAND_IN_NOTE.
"""
import getopt
import json
import os
import signal
import sys

# Of ssh(1): those that are given here, and of which kind they are.
OPTIONS = "Taxo:p:l:i:F:"


def login_shell(host):
    return "/bin/sh" if host == "person" else os.environ["SSH_STAND_IN_SHELL"]


def become(uid):
    if uid:
        os.setgroups([])
        os.setgid(int(uid))
        os.setuid(int(uid))


def main():
    with open(os.environ["SSH_STAND_IN_NOTE"], "w") as note:
        json.dump(sys.argv[1:], note)
    _, (account, *command) = getopt.getopt(sys.argv[1:], OPTIONS)
    host = account.rpartition("@")[2]
    if host == "unreachable":
        sys.stderr.write("ssh: connect to host unreachable port 22: Connection refused\r\n")
        sys.exit(255)
    if host == "silent":
        signal.pause()
    if host == "banner":
        sys.stderr.write("You are \x1b[1mwelcome\x1b[0m.\n")
        sys.stderr.flush()
    become(os.environ.get("SSH_STAND_IN_UID"))
    shell = login_shell(host)
    name = os.path.basename(shell)
    arguments = [name, "-c", " ".join(command)] if command else [f"-{name}"]
    os.execve(shell, arguments, {"PATH": "/usr/bin:/bin", "USER": account.partition("@")[0]})


main()
