// A test of a program that uses the official JavaScript SDK: test_program.mjs BASE_URL.
import assert from 'node:assert/strict';
import { CozeAPI, WorkflowEventType } from '@coze/api';

const url = process.argv[2];
const coze = new CozeAPI({ token: 'any', baseURL: url });

async function emulator(method: string, path: string, body?: object) {
  const response = await fetch(`${url}/_emulator/${path}`, { method, body: body && JSON.stringify(body) });
  return response.json();
}

await emulator('POST', 'reset');
await emulator('POST', 'faults', { fault: 'on=/v1/workflow/stream_run stall-event=3' });
const texts: string[] = [];
const stream = coze.workflows.runs.stream({ workflow_id: 'story' }, { signal: AbortSignal.timeout(500) });
for await (const event of stream) {
  assert.notEqual(event.event, WorkflowEventType.DONE);
  if (event.event === WorkflowEventType.MESSAGE) texts.push((event.data as { content: string }).content);
}
// This SDK ends an aborted stream without an error: what is missing shows in the texts alone.
assert.deepEqual(texts, ['once', ' upo', 'n a ']);
assert.equal((await emulator('GET', 'runs')).started.story, 1);
console.log('@coze/api: a program\'s test passed');
