// Records one history per branch of the workflows of completions and batches from the real product on simulated answers:
//   node test/replay/record-histories.mjs [name …]
// Files named `…-before` are of the same scenarios, recorded by the code before a branch: the side of `patched` that new executions don't take.
// Run it when a branch is new, and keep the old files: executions that began with them may still be running somewhere.
import { createServer } from 'node:http';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { buildProduct, importSupport } from '../support/compile.mjs';
import { redactHistory } from './redact-history.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'histories');
const members = ['simulated/alder', 'simulated/birch', 'simulated/cedar'];
const council = { model: 'composite/council/simulated/chair', council_models: members };
const tool = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } };
const schema = { type: 'json_schema', json_schema: { name: 'city', schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } };
const question = (mark) => [{ role: 'user', content: `(${mark}) What is the capital of France?` }];

/** What is asked, which faults meet it, and whether it is cancelled on the way. */
const scenarios = {
  single: { body: { model: 'simulated/alder' } },
  'single-streamed': { body: { model: 'simulated/alder', stream: true } },
  'single-retried': { body: { model: 'simulated/alder' }, rules: [{ effect: '503', count: 1 }] },
  'single-refused': { body: { model: 'simulated/alder' }, rules: [{ effect: '401' }] },
  approve: { body: { model: 'trio' } },
  vote: { body: { model: 'composite/vote/simulated/alder', proposers: members }, text: 'What is 17 * 23?' },
  rank: { body: { model: 'panel/quick' } },
  council: { body: council },
  'council-streamed': { body: { ...council, stream: true } },
  'council-straggler': { body: { ...council, conclave: { grace: { ratio: 0, min_ms: 200, max_ms: 200 } } }, rules: [{ model: 'cedar', effect: 'slow', latencyMs: 1_500 }] },
  'council-deadline': { body: { ...council, conclave: { deadline_ms: 2_000 } }, rules: [{ effect: 'hang' }] },
  'council-repaired-ballot': { body: council, rules: [{ task: 'critiqueAndRanking', effect: 'malformed_ballot', count: 1 }] },
  'council-next-chairman': { body: { ...council, conclave: { chairman: ['simulated/chair', 'simulated/elm'] } }, rules: [{ model: 'chair', effect: '400' }] },
  'council-fallback': { body: council, rules: [{ model: 'chair', effect: '400' }] },
  'council-quorum': { body: council, rules: [{ model: 'alder', effect: '400' }, { model: 'birch', effect: '400' }] },
  'council-nested': { body: { model: 'panel/nested' } },
  'council-schema': { body: { ...council, response_format: schema } },
  'council-canceled': { body: council, rules: [{ task: 'critiqueAndRanking', effect: 'hold' }], cancelWhenHeld: true },
  moa: { body: { model: 'composite/moa/simulated/chair', proposers: members, layers: 2 } },
  fuse: { body: { model: 'composite/fuse/simulated/chair', proposers: members } },
  'tool-loop': { body: { model: 'panel/tooled', tools: [tool] }, text: 'What is the weather in Paris?' },
};

const gpt = 'openai/gpt-4o-mini';
const councilOfBatches = { model: 'composite/council/openai/gpt-4o', parameters: { max_tokens: 300, council_models: [gpt, 'anthropic/claude-sonnet-4-20250514'] } };
const heldJob = [{ effect: 'job_hold', count: 1 }];

/** As above, for batches: what is started, which faults meet it, and what is done while its first job is held at the provider. Each leaves the batch's history and that of its first job. */
const batchScenarios = {
  'batch-plain': { body: { model: gpt } },
  'batch-council': { body: councilOfBatches },
  'batch-realtime': { body: { model: gpt, mode: 'realtime' } },
  'batch-resubmitted': { body: { model: gpt }, rules: [{ effect: '500', mode: 'batch', count: 1 }] },
  'batch-paused': { body: { model: gpt }, rules: heldJob, steer: ['pause', 'release', 'resume'] },
  'batch-canceled': { body: { model: gpt }, rules: heldJob, steer: ['cancel'] },
  'batch-switched': { body: { model: gpt }, rules: [...heldJob, { effect: '500', mode: 'batch', count: 1 }], steer: ['switch', 'release'] },
  'batch-refused-key': { body: { model: gpt }, rules: heldJob, steer: ['refuse', 'release', 'resume'] },
  'batch-rate-limited': { body: { model: 'groq/llama-3.3-70b-versatile' }, rules: [{ effect: '429', endpoint: 'batches.create', provider: 'groq', count: 6, retryAfterSeconds: 0, contains: undefined }] },
};

/** Runs of some samples; `steer`: once two requests came. Recorded are the run, its benchmark, and of a panel a chunk. */
const runScenarios = {
  'run-plain': { plan: ['single', ['simulated/alder']] },
  'run-panel': { plan: ['council', members, ['simulated/chair']], chunk: true },
  'run-batch': { plan: ['single', ['openai/gpt-4o-mini']], run: { mode: 'batch', provider: 'openai', model: 'gpt-4o-mini' } },
  'run-without-data': { plan: ['single', ['simulated/alder']], run: { benchmarks: ['mmlu_pro_1000', 'conclave-mini'] } },
  'run-refused-key': { plan: ['single', ['simulated/alder']], rules: [{ effect: '401' }] },
  'run-paused': { plan: ['single', ['simulated/alder']], rules: [{ effect: 'slow', latencyMs: 300 }], steer: ['pause', 'resume'] },
  'run-canceled': { plan: ['council', members, ['simulated/chair']], rules: [{ effect: 'slow', latencyMs: 1_000 }], steer: ['cancel'], chunk: true },
  'run-capped': { plan: ['single', ['openai/gpt-4o-mini']], run: { caps: { nanoUsd: null, tokens: 2_500 }, config: { max_tokens: 2_000 }, subset: { seed: 'conclave', percent: null, count: 40 } }, atPause: true },
  'run-refused-member': { plan: ['council', members, ['simulated/chair']], rules: [{ model: 'alder', effect: '401' }], chunk: true },
  'run-batch-canceled-at-cap': { plan: ['single', ['openai/gpt-4o-mini']], run: { mode: 'batch', provider: 'openai', model: 'gpt-4o-mini', caps: { nanoUsd: 1, tokens: null }, config: { max_tokens: 100 } }, cancelAtPause: true },
  'run-retried': { plan: ['single', ['simulated/alder']], rules: [{ effect: '400', count: 2 }], retry: true },
};

const { startTestPostgres, startTestTemporal } = await importSupport('engines');
const { startApi, startSimulated, productEnvironment } = await importSupport('stack');
const { startNodeProcess } = await importSupport('node-process');
const { createTestDatabase } = await importSupport('database');
const { RunDriver, planOf } = await importSupport('runs');
const { until } = await importSupport('until');
const { SimulatedClient } = await importSupport('simulated-client');
buildProduct();

const stops = [];
try {
  await record(process.argv.slice(2));
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function record(wanted) {
  const toolServer = createServer((_request, response) => response.end(JSON.stringify({ content: 'Sunny, 21 degrees' })));
  await new Promise((resolve) => toolServer.listen(0, '127.0.0.1', resolve));
  stops.push(() => toolServer.close());
  const [postgres, temporal, simulated] = await Promise.all([startTestPostgres(), startTestTemporal(), startSimulated()]);
  stops.push(postgres.stop, temporal.stop, simulated.stop);
  const database = await createTestDatabase(postgres.url);
  const home = mkdtempSync(join(tmpdir(), 'conclave-record-'));
  const configFile = join(home, 'conclave.yaml');
  writeFileSync(configFile, configuration(`http://127.0.0.1:${toolServer.address().port}`));
  const environment = { ...productEnvironment({ databaseUrl: database.url, temporalAddress: temporal.address, simulatedUrl: simulated.url }, home), CONCLAVE_CONFIG: configFile };
  const [api, worker] = await Promise.all([startApi(environment), startNodeProcess('worker', ['dist/src/worker.js'], environment)]);
  stops.push(api.stop, worker.stop);
  const connection = await Connection.connect({ address: temporal.address });
  stops.push(() => connection.close());
  const client = new Client({ connection });
  const control = new SimulatedClient(simulated.url);
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const id = await complete(api.url, control, client, name, scenario);
    const handle = client.workflow.getHandle(`completion/${id}`);
    await handle.result().catch(() => undefined);
    await writeHistory(name, handle);
  }
  for (const [name, scenario] of Object.entries(batchScenarios)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await recordBatch(api.url, control, client, name, scenario);
  }
  const runs = await RunDriver.connect({ databaseUrl: database.url, temporalAddress: temporal.address });
  stops.push(() => runs.close());
  for (const [name, scenario] of Object.entries(runScenarios)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await recordRun(runs, control, client, name, scenario);
  }
}

async function recordRun(runs, control, client, name, { plan, run = {}, rules = [], steer = [], chunk = false, atPause = false, cancelAtPause = false, retry = false }) {
  const mark = `record-${name}`;
  await control.rules(...rules.map((rule) => ({ contains: mark, ...rule })));
  const id = await runs.start({ plan: planOf(...plan), benchmarks: ['conclave-mini'], subset: { seed: 'conclave', percent: null, count: 6 }, concurrency: 2, ...run, config: { system_prompt: mark, ...run.config } });
  if (steer.length > 0) await control.wait({ requests: 2 }, { contains: mark });
  for (const step of steer) {
    if (step === 'cancel') await runs.cancel(id);
    else await runs.signal(id, step);
    if (step === 'pause') await runs.until(id, ['paused']);
  }
  if (atPause || cancelAtPause) await runs.until(id, ['paused']);
  if (cancelAtPause) {
    await until('the benchmark to stand still', async () => (await client.workflow.getHandle(`run/${id}/conclave-mini`).describe()).status.name === 'COMPLETED');
    await runs.cancel(id);
  }
  if (atPause) {
    await runs.raiseTokens(id, 1_000_000);
    await runs.signal(id, 'resume');
  }
  await runs.ended(id);
  if (retry) {
    await runs.retryErrors(id);
    await client.workflow.getHandle(`run/${id}`).result();
  }
  await writeHistory(name, client.workflow.getHandle(`run/${id}`));
  await writeHistory(`${name}-benchmark`, client.workflow.getHandle(`run/${id}/conclave-mini`));
  if (chunk) await writeHistory(`${name}-chunk`, client.workflow.getHandle(`run/${id}/conclave-mini/chunk/0`));
}

async function recordBatch(apiUrl, control, client, name, { body, rules = [], steer = [] }) {
  const mark = `record-${name}`;
  await control.rules(...rules.map((rule) => ({ contains: mark, ...rule })));
  const items = [1, 2, 3].map((number) => ({ prompt: `(${mark}) What is ${number} * 3?` }));
  const { id } = await post(`${apiUrl}/api/batches`, { parameters: { max_tokens: 100 }, poll_interval_seconds: 0.2, ...body, items });
  const handle = client.workflow.getHandle(`batch/${id}`);
  if (steer.length > 0) await control.waitForJobs(1, { contains: mark });
  for (const step of steer) await steerBatch(apiUrl, control, id, mark, step);
  await handle.result();
  const [job] = (await read(`${apiUrl}/api/batches/${id}`)).jobs;
  await writeHistory(name, handle);
  await writeHistory(`${name}-job`, client.workflow.getHandle(`batch/${id}/job/${job.id}`));
}

async function steerBatch(apiUrl, control, id, mark, step) {
  if (step === 'release') return control.release({ contains: mark });
  if (step === 'refuse') {
    const [job] = await control.jobs({ contains: mark });
    await control.rules({ effect: '401', endpoint: 'batches.retrieve', contains: job.id, count: 1 });
  } else await post(`${apiUrl}/api/batches/${id}/${step}`, step === 'switch' ? { mode: 'realtime' } : {});
  const expected = { pause: (batch) => batch.status === 'paused', refuse: (batch) => batch.status === 'paused', switch: (batch) => batch.next_mode === 'realtime' }[step];
  while (expected && !expected(await read(`${apiUrl}/api/batches/${id}`))) await new Promise((resolve) => setTimeout(resolve, 100));
}

async function post(url, body) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function read(url) {
  return (await fetch(url)).json();
}

async function writeHistory(name, handle) {
  const json = redactHistory(JSON.parse(historyToJSON(await handle.fetchHistory())));
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(json, null, 1)}\n`);
  console.log(`${name}: ${json.events.length} events`);
}

async function complete(apiUrl, control, client, name, scenario) {
  const mark = `record-${name}`;
  await control.rules(...(scenario.rules ?? []).map((rule) => ({ contains: mark, ...rule })));
  const messages = scenario.text ? [{ role: 'user', content: `(${mark}) ${scenario.text}` }] : question(mark);
  const asked = fetch(`${apiUrl}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...scenario.body, messages }) });
  if (scenario.cancelWhenHeld) {
    await control.wait({ held: 1 }, { contains: mark });
    for await (const { workflowId } of client.workflow.list({ query: 'ExecutionStatus = "Running"' })) await client.workflow.getHandle(workflowId).cancel();
  }
  const answer = await asked;
  const text = await answer.text();
  const id = /(chatcmpl|trio|msg)[-_][0-9a-z]+/i.exec(text)?.[0];
  if (!id) throw new Error(`${name}: ${answer.status} ${text}`);
  return id;
}

function configuration(toolUrl) {
  return `panels:
  three: { strategy: council, members: [simulated/alder, simulated/birch, simulated/cedar], chairman: [simulated/chair] }
  nested: { strategy: council, members: [panel/three, simulated/dogwood, simulated/elm], chairman: [simulated/chair] }
  quick: { strategy: rank, members: [simulated/alder, simulated/birch, simulated/cedar] }
  tooled: { strategy: council, members: [simulated/alder, simulated/birch], chairman: [simulated/chair], tool_executor: { tools: [get_weather] } }
tools:
  get_weather: { url: '${toolUrl}' }
`;
}
