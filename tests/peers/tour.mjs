// A tour of the emulator with the official JavaScript SDK, unchanged: tour.mjs BASE_URL APP.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';

// The SDK is installed in the folder that the tour is started from.
const { CozeAPI, getJWTToken } = createRequire(path.join(process.cwd(), 'package.json'))('@coze/api');
const client = new CozeAPI({ token: 'pat_local', baseURL: process.argv[2] });
const { runs, chat } = client.workflows;
const collect = async (stream) => {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
};

const result = await runs.create({ workflow_id: 'greeting', parameters: { name: 'Ada' } });
assert.deepEqual(JSON.parse(result.data), { greeting: 'Hello, Ada!' });
await assert.rejects(runs.create({ workflow_id: 'greeting' }), /4000.*'name'/);

const started = await runs.create({ workflow_id: 'slow-report', is_async: true });
const statuses = [];
while (statuses.at(-1) !== 'Success') {
  const [row] = await runs.history('slow-report', started.execute_id);
  statuses.push(row.execute_status);
  assert(statuses.length < 50, statuses.join());
  await new Promise((resolve) => setTimeout(resolve, 100));
}
assert.equal(statuses[0], 'Running');

const events = await collect(runs.stream({ workflow_id: 'ask' }));
assert.deepEqual(events.map((event) => event.event), ['Message', 'Message', 'Message', 'Interrupt']);
const asked = events[3].data.interrupt_data;
const resumed = await collect(
  runs.resume({ workflow_id: 'ask', event_id: asked.event_id, resume_data: 'Lyon', interrupt_type: asked.type }),
);
assert.deepEqual(resumed.map((event) => event.event), ['Message', 'Done']);
assert.deepEqual(JSON.parse(resumed[0].data.content), { city: 'Lyon' });

const messages = [{ role: 'user', content: 'hello', content_type: 'text' }];
const said = await collect(chat.stream({ workflow_id: 'talk', additional_messages: messages }));
const whole = said.filter((event) => event.event === 'conversation.message.completed');
assert.equal(whole[0].data.content, 'you said: hello');
assert.equal(said.at(-1).event, 'done');

const { conversation_id } = said[0].data;
const agent = 'talk';
const polled = await client.chat.createAndPoll({ bot_id: agent, conversation_id, additional_messages: messages });
assert.equal(polled.chat.status, 'completed');
assert.deepEqual(polled.messages.map((message) => message.content), ['you said: hello', 'bye']);
const listed = await client.conversations.messages.list(conversation_id, { order: 'asc' });
assert.deepEqual(listed.data.slice(0, 3).map((message) => message.content), ['hello', 'you said: hello', 'bye']);
assert.ok((await client.users.me()).user_id);

const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tour-')), 'a.txt');
fs.writeFileSync(file, 'hello');
assert.equal((await client.files.upload({ file: fs.createReadStream(file) })).bytes, 5);
fs.rmSync(path.dirname(file), { recursive: true });

const app = JSON.parse(fs.readFileSync(process.argv[3]));
const issued = await getJWTToken({
  baseURL: process.argv[2],
  appId: app.client_id,
  aud: 'api.coze.com',
  keyid: app.public_key_id,
  privateKey: app.private_key,
  sessionName: 'ada',
});
assert.ok(issued.access_token.startsWith('czs_'));
console.log('@coze/api: tour passed');
