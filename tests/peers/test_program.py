"""A test of a program that uses the official Python SDK: test_program.py BASE_URL."""

import json
import sys
import urllib.request

import httpx
from cozepy import Coze, SyncHTTPClient, TokenAuth

url = sys.argv[1]
coze = Coze(auth=TokenAuth("any"), base_url=url, http_client=SyncHTTPClient(timeout=0.5))


def emulator(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/_emulator/{path}", data, method=method)
    return json.load(urllib.request.urlopen(request))


emulator("POST", "reset")
emulator("POST", "faults", {"fault": "on=/v1/workflow/stream_run stall-event=3"})
texts = []
try:
    for event in coze.workflows.runs.stream(workflow_id="story"):
        texts.append(event.message.content)
    raise AssertionError("the stream did not stall")
except httpx.ReadTimeout:
    assert texts == ["once", " upo", "n a "], texts
assert emulator("GET", "runs")["started"]["story"] == 1
call = emulator("GET", "calls")["calls"][0]
assert json.loads(call["body"])["workflow_id"] == "story", call
print("cozepy: a program's test passed")
