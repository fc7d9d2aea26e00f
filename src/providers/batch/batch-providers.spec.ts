import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { linesFrom, marker, outcomes, patient } from '../../../test/support/batch-calls.js';
import { ask, fullRequest, withoutAddresses } from '../../../test/support/full-request.js';
import { startSimulatedProvider, type SimulatedProvider } from '../../simulated/simulated-provider.js';
import type { BatchLine, BatchProvider, BatchResult, JobMarker, JobStatus } from '../batch-provider.js';
import type { ProviderRequest } from '../provider.js';
import { ProvidersService } from '../providers.service.js';

interface Case {
  name: string;
  model: string;
  /** Whether lines that an ended job did not reach come as rows, and whether a job that expired or was canceled gives those it had. */
  tellsTheRest: boolean;
  givesThePart: boolean;
  /** Whether a lost creation is found for certain. */
  certain: boolean;
}

const openAiForm = { tellsTheRest: true, givesThePart: true, certain: true };
const cases: Case[] = [
  { name: 'openai', model: 'gpt-4o-mini@skill=1', ...openAiForm },
  { name: 'openai', model: 'gpt-5-mini@skill=1,reasoning=20', ...openAiForm },
  { name: 'groq', model: 'llama-3.1-8b-instant@skill=1', ...openAiForm },
  { name: 'simulated', model: 'anything@skill=1', ...openAiForm },
  { name: 'anthropic', model: 'claude-sonnet-4-20250514@skill=1', tellsTheRest: true, givesThePart: true, certain: false },
  { name: 'gemini', model: 'gemini-2.5-flash@skill=1,reasoning=20', tellsTheRest: false, givesThePart: false, certain: true },
];

describe.each(cases)('the batch interface of $name ($model)', ({ name, model, tellsTheRest, givesThePart, certain }) => {
  let simulated: SimulatedProvider;
  let providers: ProvidersService;
  let batch: BatchProvider;
  beforeAll(async () => {
    simulated = await startSimulatedProvider({ port: 0 });
    providers = new ProvidersService({ environment: {}, simulated: true, simulatedUrl: simulated.url, customProviders: [] });
    batch = providers.get(name).batch!;
  });
  afterEach(() => {
    simulated.reset();
  });
  afterAll(() => simulated.stop());

  const asks = (number: number): ProviderRequest => ({ model, messages: [{ role: 'user', content: `What is 17*${String(number)}? Grüße 😀` }], sampling: { maxOutputTokens: 200 } });

  async function linesOf(requests: readonly ProviderRequest[]): Promise<{ lines: BatchLine[]; job: JobMarker }> {
    const rendered = await Promise.all(requests.map((request) => batch.render(request)));
    const lines = rendered.map(({ body }, index) => ({ id: `line-${String(index)}`, body }));
    return { lines, job: marker({ jobId: `pjob_${String(Math.random()).slice(2)}`, model, endpoint: rendered[0]!.endpoint, lines: lines.length, firstLineId: 'line-0', createStartedAt: Date.now() }) };
  }

  async function submit(requests: readonly ProviderRequest[]): Promise<{ status: JobStatus; job: JobMarker; lines: BatchLine[] }> {
    const { lines, job } = await linesOf(requests);
    const uploaded = { ...job, inputReference: await batch.upload(job, linesFrom(lines), patient()) };
    return { lines, job: uploaded, status: await batch.create(uploaded, linesFrom(lines), patient()) };
  }

  /** `state` in the simulated provider's words, which are OpenAI's. */
  async function ended({ reference }: JobStatus, state = 'completed'): Promise<JobStatus> {
    expect(await simulated.waitForJobs({ contains: reference.replace(/^batches\//, ''), state })).toBe(true);
    return batch.status(reference, patient());
  }

  async function all(status: JobStatus): Promise<Map<string, BatchResult>> {
    const results = new Map<string, BatchResult>();
    for await (const result of batch.results(status, patient())) results.set(result.id, result);
    return results;
  }

  it('gives for each line the answer that a call gives, in whichever order', async () => {
    simulated.control({ rules: [{ effect: 'job_shuffled' }] });
    const full = { ...withoutAddresses(fullRequest(model)), messages: [{ role: 'user' as const, content: 'What is 17*23?' }] };
    const { tools: _tools, toolChoice: _choice, ...json } = full;
    const requests = [...Array.from({ length: 12 }, (_, index) => asks(index)), full, json];
    const { status } = await submit(requests);
    const finished = await ended(status);
    expect(finished).toMatchObject({ state: 'completed', total: 14, succeeded: 14, failed: 0, error: null });
    const results = await all(finished);
    expect([...results.keys()].sort()).toEqual(requests.map((_, index) => `line-${String(index)}`).sort());
    for (const [index, request] of requests.entries()) {
      const { droppedParameters: _dropped, responseId: _id, ...realtime } = await ask(providers.get(name), request);
      const result = results.get(`line-${String(index)}`);
      const toolCalls = realtime.toolCalls.map((call) => ({ ...call, id: expect.any(String) }));
      expect(result).toMatchObject({ ok: true, response: { ...realtime, toolCalls } });
    }
    const [{ repeated }] = [simulated.stats() as { repeated: { answered: number }[] }];
    expect(repeated.map(({ answered }) => answered)).toEqual(requests.map(() => 2));
  });

  it('tells failed lines apart and skips rows that name none', async () => {
    simulated.control({
      rules: [
        { effect: '429', mode: 'batch', contains: '17*1?' }, { effect: 'context_length', mode: 'batch', contains: '17*2?' }, { effect: 'empty', mode: 'batch', contains: '17*3?' },
        { effect: 'truncate', mode: 'batch', contains: '17*4?' }, { effect: 'malformed_row', mode: 'batch', contains: '17*5?' }, { effect: 'missing_row', mode: 'batch', contains: '17*6?' },
      ],
    });
    const { status } = await submit(Array.from({ length: 8 }, (_, index) => asks(index)));
    const told = await outcomes(batch.results(await ended(status), patient()));
    expect(told).toMatchObject({ 'line-1': 'rate_limit', 'line-2': 'context_length', 'line-3': 'server_error', 'line-4': expect.stringMatching(/\(length\)$/) });
    expect(told['line-0']).toMatch(/\(stop\)$/);
    expect(Object.keys(told).filter((id) => ['line-5', 'line-6'].includes(id))).toEqual([]);
  });

  it('ends an expired job with what was done, and tells or leaves out the rest', async () => {
    simulated.control({ rules: [{ effect: 'job_expired', fraction: 0.25 }] });
    const { status } = await submit(Array.from({ length: 8 }, (_, index) => asks(index)));
    const finished = await ended(status, 'expired');
    expect(finished.state).toBe('expired');
    const told = Object.values(await outcomes(batch.results(finished, patient())));
    expect(told.filter((outcome) => outcome.endsWith('(stop)'))).toHaveLength(givesThePart ? 2 : 0);
    expect(told.filter((outcome) => outcome === 'timeout')).toHaveLength(tellsTheRest ? 6 : 0);
  });

  it('cancels a job, again and after its end as well', async () => {
    simulated.control({ rules: [{ effect: 'job_hold', rows: 3 }] });
    const { status } = await submit(Array.from({ length: 9 }, (_, index) => asks(index)));
    expect(await simulated.waitForJobs({ state: 'in_progress' })).toBe(true);
    expect(await batch.status(status.reference, patient())).toMatchObject({ state: 'running', results: null });
    await batch.cancel(status.reference, patient());
    await batch.cancel(status.reference, patient());
    const finished = await ended(status, 'cancelled');
    expect(finished.state).toBe('canceled');
    await batch.cancel(status.reference, patient());
    await all(finished);
  });

  it('says that a job failed as a whole', async () => {
    simulated.control({ rules: [{ effect: 'job_failed' }] });
    const { status } = await submit([asks(1), asks(2)]);
    const finished = await ended(status, 'failed');
    expect(['failed', 'completed']).toContain(finished.state);
    expect(Object.values(await outcomes(batch.results(finished, patient()))).filter((outcome) => outcome.endsWith('(stop)'))).toEqual([]);
  });

  it('finds the job after the answer to its creation was lost, and nothing where it was never created', async () => {
    await submit([asks(1), asks(2), asks(3)]);
    const { lines, job } = await linesOf([asks(4), asks(5)]);
    const uploaded = { ...job, inputReference: await batch.upload(job, linesFrom(lines), patient()) };
    expect(await batch.find(uploaded, patient())).toEqual([]);
    simulated.control({ rules: [{ effect: 'lost_response', endpoint: 'batches.create', count: 1 }] });
    await expect(batch.create(uploaded, linesFrom(lines), patient())).rejects.toMatchObject({ code: 'network' });
    const found = await batch.find(uploaded, patient());
    expect(found).toMatchObject([{ certain, status: { state: expect.stringMatching(/running|completed/) } }]);
    const finished = await ended(found[0]!.status);
    expect(await batch.confirms(finished, 'line-1', patient())).toBe(true);
    expect(await batch.confirms(finished, 'line-2', patient())).toBe(false);
  });

  it('fails by the one table: status, key, time', async () => {
    const { status } = await submit([asks(1)]);
    simulated.control({ rules: [{ effect: '503', endpoint: 'batches.retrieve', retryAfterSeconds: 2, count: 1 }, { effect: '401', endpoint: 'batches.create', count: 1 }] });
    await expect(batch.status(status.reference, patient())).rejects.toMatchObject({ name: 'ProviderFailure', code: 'overloaded', provider: name, retryAfterMs: 2_000 });
    await expect(submit([asks(1)])).rejects.toMatchObject({ code: 'auth', httpStatus: 401 });
    simulated.control({ rules: [{ effect: 'hang', endpoint: 'batches.retrieve' }] });
    await expect(batch.status(status.reference, patient({ timeoutMs: 200 }))).rejects.toMatchObject({ code: 'timeout' });
    const gone = status.reference.startsWith('batches/') ? 'batches/gone' : 'gone';
    simulated.reset();
    await expect(batch.status(gone, patient())).rejects.toMatchObject({ code: 'not_found' });
  });

  it('lists models', async () => {
    expect((await providers.get(name).listModels(patient())).length).toBeGreaterThan(1);
  });
});
