import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { strategyNames } from '../../domain/chat/plan.js';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle.js';

const folder = join(process.cwd(), 'test/replay/histories');
const names = readdirSync(folder).map((file) => file.replace('.json', ''));

/** The parts of a recorded event that this spec reads and edits. */
interface RecordedEvent {
  eventType: string;
  markerRecordedEventAttributes?: { markerName: string; details?: Record<string, { payloads?: { data?: string }[] }> };
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

function history(name: string): { events: RecordedEvent[] } {
  // Written by record-histories.mjs.
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as { events: RecordedEvent[] };
}

/** Branches of `patched` that a history took, by their names. */
function patchesOf(name: string): string[] {
  const markers = history(name).events.flatMap(({ markerRecordedEventAttributes: marker }) => (marker?.markerName === 'core_patch' ? [marker] : []));
  const datas = markers.flatMap(({ details = {} }) => Object.values(details).flatMap(({ payloads = [] }) => payloads.flatMap(({ data }) => data ?? [])));
  return datas.map((data) => (JSON.parse(Buffer.from(data, 'base64').toString()) as { id: string }).id);
}

/** Every name that the workflows ask `patched` for. */
function patchesAskedFor(): string[] {
  const files = readdirSync(join(process.cwd(), 'workflows'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => [...readFileSync(join(process.cwd(), 'workflows', file), 'utf8').matchAll(/\bpatched\('([^']+)'\)/g)].flatMap(([, name]) => name ?? []));
}

describe('recorded histories', () => {
  let workflowBundle: WorkflowBundleOption;

  beforeAll(async () => {
    // The edited history below is meant to fail; Temporal would log it at length.
    Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
    workflowBundle = { code: await bundleWorkflows() };
  }, 60_000);

  const replay = (recorded: { events: RecordedEvent[] }) => Worker.runReplayHistory({ workflowBundle, replayName: 'replay' }, recorded, 'completion/recorded');

  it('there is one of every strategy', () => {
    for (const strategy of strategyNames) expect(names).toContain(strategy);
  });

  it('there is one of every way a batch can go', () => {
    for (const way of ['plain', 'council', 'realtime', 'resubmitted', 'paused', 'canceled', 'switched', 'refused-key', 'rate-limited']) expect(names).toEqual(expect.arrayContaining([`batch-${way}`, `batch-${way}-job`]));
  });

  it('there is one of every way a run can go', () => {
    for (const way of ['plain', 'panel', 'batch', 'without-data', 'refused-key', 'paused', 'canceled', 'capped', 'retried']) expect(names).toEqual(expect.arrayContaining([`run-${way}`, `run-${way}-benchmark`]));
    for (const way of ['panel', 'canceled']) expect(names).toContain(`run-${way}-chunk`);
  });

  it('there is one of either side of every patch', () => {
    const sides = [
      { patch: '2026-11-samples-under-way-are-recorded', before: 'run-refused-member-before-chunk', since: 'run-refused-member-chunk' },
      { patch: '2026-11-refused-panel-calls', before: 'run-refused-member-before-chunk', since: 'run-refused-member-chunk' },
      { patch: '2026-11-resume-while-told', before: 'run-batch-canceled-at-cap-before', since: 'run-batch-canceled-at-cap' },
      { patch: '2026-11-cancel-of-a-held-batch', before: 'run-batch-canceled-at-cap-before', since: 'run-batch-canceled-at-cap' },
    ];
    expect(sides.map(({ patch }) => patch).sort()).toEqual(patchesAskedFor().sort());
    for (const { patch, before, since } of sides) {
      expect(patchesOf(since)).toContain(patch);
      // The same scenario, recorded by the code before it.
      expect(patchesOf(before)).toEqual([]);
    }
  });

  it.each(names)('%s replays', async (name) => {
    await replay(history(name));
  });

  it('an edited one does not: replay can fail', async () => {
    const edited = history('council');
    const scheduled = edited.events.find((event) => event.activityTaskScheduledEventAttributes);
    if (scheduled?.activityTaskScheduledEventAttributes) scheduled.activityTaskScheduledEventAttributes.activityType.name = 'callAnotherModel';
    await expect(replay(edited)).rejects.toThrow(/nondeterminism|determinism/i);
  });
});
