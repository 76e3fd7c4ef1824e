"""Calls the API of a node over ssh, as a delegate: Python's standard library and ssh(1), nothing else.

    python3 delegate.py del_snoop@node GetRSpec princeton_sirius

An argument is JSON, or a word that stands for itself; an integer over 31 bits is written 5000000000.0.
In a program of your own:

    node = xmlrpc.client.ServerProxy("http://node/", SshTransport("del_snoop@node"))
    print(node.GetRSpec("princeton_sirius")["nm_cpu_share"])

Exit status: 0 the result was printed, 2 an argument cannot be sent, 3 the API was not reached, 4 it
answered with a fault.
"""
import json
import subprocess
import sys
import xmlrpc.client
from xml.parsers.expat import ExpatError


class SshTransport(xmlrpc.client.Transport):
    """Takes each call to the login shell of a delegate's account, which posts it to the API there."""

    def __init__(self, account, *options, seconds=60):
        super().__init__()
        # No terminal, no agent and no display for the node. An account that is no delegate's would take
        # the call for commands of its shell: the last word, which a delegate's ignores, prevents that.
        self.command = ["ssh", "-T", "-a", "-x", *options, "--", account, "forward_api_calls"]
        self.seconds = seconds

    def request(self, host, handler, request_body, verbose=False):
        ssh = subprocess.run(self.command, input=request_body, capture_output=True, timeout=self.seconds)
        # 1: the delegate's shell did not reach the API, and answers with fault 111 that says why.
        if ssh.returncode not in (0, 1) or not ssh.stdout:
            said = ssh.stderr.decode(errors="replace").strip()
            raise ConnectionError(f"{self.command[-2]}: {said or f'ssh ended with {ssh.returncode}'}")
        parser, result = self.getparser()
        parser.feed(ssh.stdout)
        parser.close()
        return result.close()


def value_of(word):
    try:
        return json.loads(word)
    except ValueError:
        return word


def main(account, method, *words):
    node = xmlrpc.client.ServerProxy("http://node/", SshTransport(account))
    try:
        print(json.dumps(getattr(node, method)(*map(value_of, words))))
    except xmlrpc.client.Fault as fault:
        sys.stderr.write(f"fault {fault.faultCode}: {fault.faultString}\n")
        return 4
    except (OSError, subprocess.TimeoutExpired, ExpatError, xmlrpc.client.ResponseError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    except (OverflowError, TypeError) as error:
        sys.stderr.write(f"XML-RPC cannot carry that: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: delegate.py USER@HOST METHOD [ARGUMENT...]")
    sys.exit(main(*sys.argv[1:]))
