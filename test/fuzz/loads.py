"""Reads XML-RPC documents with Python's own xmlrpc.client: a base64 line in, a JSON line out."""
import base64
import json
import re
import sys
import xmlrpc.client

PLAIN_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})T(\d{2}:\d{2}:\d{2})$", re.ASCII)


def tagged(value):
    if isinstance(value, xmlrpc.client.DateTime):
        date = PLAIN_DATE.match(value.value.strip(" \t\r\n"))
        # It keeps dates as text; what the other forms mean it does not say.
        return {"date": "%s-%s-%sT%sZ" % date.groups()} if date else {"unknown": True}
    if isinstance(value, xmlrpc.client.Binary):
        return {"base64": base64.b64encode(value.data).decode()}
    if isinstance(value, dict):
        return {"struct": [[name, tagged(inner)] for name, inner in value.items()]}
    if isinstance(value, (list, tuple)):
        return [tagged(inner) for inner in value]
    return value


def read(body):
    try:
        params, method = xmlrpc.client.loads(body)
    except xmlrpc.client.Fault as fault:
        return {"fault": [fault.faultCode, fault.faultString]}
    except Exception as error:
        return {"refused": "%s: %s" % (type(error).__name__, error)}
    return {"method": method, "params": tagged(params)}


for line in sys.stdin:
    print(json.dumps(read(base64.b64decode(line))), flush=True)
