"""A tour of the emulator with the official Python SDK, unchanged: tour.py BASE_URL APP."""

import json
import sys
import time
import urllib.parse
import urllib.request

from cozepy import (
    ChatEventType,
    Coze,
    CozeAPIError,
    CozePKCEAuthError,
    DeviceOAuthApp,
    Message,
    TokenAuth,
    VariableValue,
    WorkflowEventType,
    WorkflowExecuteStatus,
    load_oauth_app_from_config,
)

base_url = sys.argv[1]
coze = Coze(auth=TokenAuth(token="pat_local"), base_url=base_url)
runs = coze.workflows.runs

result = runs.create(workflow_id="greeting", parameters={"name": "Ada"})
assert json.loads(result.data) == {"greeting": "Hello, Ada!"}, result
page = urllib.request.urlopen(result.debug_url).read().decode()
assert "Hello, Ada!" in page

for workflow_id, code in [("greeting", 4000), ("nowhere", 4200)]:
    try:
        runs.create(workflow_id=workflow_id)
        raise AssertionError("no error")
    except CozeAPIError as error:
        assert error.code == code and error.logid, error

started = runs.create(workflow_id="slow-report", is_async=True)
statuses = []
while WorkflowExecuteStatus.SUCCESS not in statuses:
    history = runs.run_histories.retrieve(workflow_id="slow-report", execute_id=started.execute_id)
    statuses.append(history.execute_status)
    assert len(statuses) < 50, statuses
    time.sleep(0.1)
assert statuses[0] == WorkflowExecuteStatus.RUNNING, statuses
assert json.loads(json.loads(history.output)["Output"])["pages"] == 1, history

events = list(runs.stream(workflow_id="ask"))
texts = [event.message.content for event in events if event.event == WorkflowEventType.MESSAGE]
assert texts == ["once upo", "n a time", "Which city?"], texts
asked = events[-1].interrupt.interrupt_data
resumed = list(
    runs.resume(workflow_id="ask", event_id=asked.event_id, resume_data="Lyon", interrupt_type=asked.type)
)
assert json.loads(resumed[0].message.content) == {"city": "Lyon"}, resumed

waiting = runs.create(workflow_id="ask", is_async=True)
time.sleep(0.2)
history = runs.run_histories.retrieve(workflow_id="ask", execute_id=waiting.execute_id)
node = history.node_execute_status["Story"].node_execute_uuid
node = runs.run_histories.execute_nodes.retrieve(
    workflow_id="ask", execute_id=waiting.execute_id, node_execute_uuid=node
)
assert node.is_finish and node.node_output == "once upon a time", node

said = [
    event.message.content
    for event in coze.workflows.chat.stream(
        workflow_id="talk", additional_messages=[Message.build_user_question_text("hello")]
    )
    if event.event == ChatEventType.CONVERSATION_MESSAGE_COMPLETED
]
assert said[:2] == ["you said: hello", "bye"], said

file = coze.files.upload(file=("a.txt", b"hello"))
assert coze.files.retrieve(file_id=file.id).bytes == 5
names = [workflow.workflow_name for workflow in coze.workflows.list(workspace_id="1")]
assert "greeting" in names, names
assert coze.workflows.retrieve(workflow_id="weather").workflow_detail.workflow_name == "weather"
assert [version.version for version in coze.workflows.versions.list(workflow_id="weather")] == ["v0.0.1"]
assert [workspace.name for workspace in coze.workspaces.list()] == ["Emulator"]
conversation = coze.conversations.create()
assert coze.conversations.retrieve(conversation_id=conversation.id).id == conversation.id

agent = coze.workflows.retrieve(workflow_id="talk").workflow_detail.workflow_id
polled = coze.chat.create_and_poll(
    bot_id=agent,
    user_id="ada",
    conversation_id=conversation.id,
    additional_messages=[Message.build_user_question_text("hello")],
)
assert [message.content for message in polled.messages] == ["you said: hello", "bye"], polled
texts = [message.content for message in coze.conversations.messages.list(conversation_id=conversation.id, order="asc")]
assert texts == ["hello", "you said: hello", "bye"], texts
assert agent in [bot.id for bot in coze.bots.list(space_id="1", use_api_version=2)]
assert coze.bots.retrieve(bot_id=agent, use_api_version=2).name == "talk"
coze.variables.update(bot_id=agent, connector_uid="ada", data=[VariableValue(keyword="city", value="Lyon")])
values = coze.variables.retrieve(bot_id=agent, connector_uid="ada", keywords=["city"])
assert [value.value for value in values.data] == ["Lyon"], values
assert coze.users.me().user_name == "emulator"

config = json.load(open(sys.argv[2])) | {"coze_api_base": base_url}
issued = load_oauth_app_from_config(config).get_access_token(ttl=60, session_name="ada")
assert issued.access_token.startswith("czs_"), issued
assert 50 <= issued.expires_in - time.time() <= 61, issued

app = DeviceOAuthApp(client_id="peer", base_url=base_url)
device = app.get_device_code()
try:
    app.get_access_token(device.device_code)
    raise AssertionError("no error")
except CozePKCEAuthError as error:
    assert error.error == "authorization_pending", error
form = urllib.parse.urlencode({"user_code": device.user_code, "decision": "approve"})
urllib.request.urlopen(f"{base_url}/device", form.encode())
assert app.get_access_token(device.device_code).expires_in > time.time()
print("cozepy: tour passed")
