import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { strategyNames } from '../../domain/chat/plan.js';
import { bundleWorkflows } from '../../src/temporal/workflow-bundle.js';

const folder = join(process.cwd(), 'test/replay/histories');
const names = readdirSync(folder).map((file) => file.replace('.json', ''));

/** The parts of a recorded event that this spec edits. */
interface RecordedEvent {
  eventType: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

function history(name: string): { events: RecordedEvent[] } {
  // Written by record-histories.mjs.
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as { events: RecordedEvent[] };
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
