import type { Rule } from '../rules.js';
import { evenDelays } from './job-book.js';
import type { JobDialect, JobPlan, SimulatedJob } from './job.js';
import type { BatchContext } from './operation.js';
import { jobSubject, runJob } from './run-job.js';
import type { Spool } from './spool.js';

const openingBytes = 64 * 1024;
const dayMs = 24 * 3_600_000;

/** What a vendor's create request says of a job. */
export interface NewJob extends Pick<SimulatedJob, 'id' | 'model' | 'endpoint' | 'name' | 'metadata' | 'input' | 'inputFileId' | 'inline'> {
  dialect: JobDialect;
  completionWindow?: string;
}

/** Enters a new job in the books and starts it. */
export async function createJob({ state, provider }: BatchContext, asked: NewJob): Promise<SimulatedJob> {
  const now = Date.now();
  const total = await filledLines(asked.input);
  const job: SimulatedJob = {
    ...asked, provider, completionWindow: asked.completionWindow ?? '24h', createdAt: now, expiresAt: now + dayMs, opening: await openingOf(asked.input),
    state: 'validating', times: { validating: now }, counts: { total, succeeded: 0, failed: 0, canceled: 0, expired: 0 }, faults: [], output: null, errors: null,
    plan: { delays: { ...state.jobs.delays }, rows: 0, ending: 'completed', holds: [], shuffled: false }, cancel: new AbortController(), dropped: false,
  };
  applyRules(job.plan, state.rules.takeForJob(jobSubject(job), `${provider} ${job.input.sha256()}`), total);
  state.jobs.addJob(job);
  void runJob(state, job);
  return job;
}

/** Asks a job to stop: takes effect at its next step. False where it has ended, or has been asked, already. */
export function cancelJob({ state }: BatchContext, job: SimulatedJob): boolean {
  if (isEnded(job) || job.state === 'cancelling') return false;
  state.jobs.enter(job, 'cancelling');
  job.cancel.abort();
  return true;
}

export function isEnded(job: SimulatedJob): boolean {
  return job.state === 'completed' || job.state === 'failed' || job.state === 'expired' || job.state === 'cancelled';
}

function applyRules(plan: JobPlan, rules: Rule[], total: number): void {
  const endings: Partial<Record<Rule['effect'], JobPlan['ending']>> = { job_failed: 'failed', job_expired: 'expired', job_cancelled: 'cancelled', job_stuck: 'stuck' };
  for (const rule of rules) {
    const ending = endings[rule.effect];
    if (ending && plan.ending === 'completed') plan.ending = ending;
    if (rule.effect === 'job_hold') plan.holds.push(rule.state ?? 'in_progress');
    if (rule.effect === 'job_shuffled') plan.shuffled = true;
    if (rule.effect === 'job_delay') Object.assign(plan.delays, rule.delays ?? evenDelays(rule.latencyMs ?? 1000));
    plan.rows = Math.max(plan.rows, rule.rows ?? Math.round((rule.fraction ?? 0) * total));
  }
}

async function openingOf(input: Spool): Promise<string> {
  for await (const piece of input.content()) return piece.toString('utf8', 0, openingBytes);
  return '';
}

/** Lines up to the last that is not blank. */
async function filledLines(input: Spool): Promise<number> {
  for (let count = input.lines; count > 0; count--) if ((await input.readLines(count - 1, 1))[0]?.trim() !== '') return count;
  return 0;
}
