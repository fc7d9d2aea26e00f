import Table from 'cli-table3';
import type { BatchOnWire, EstimateOnWire, IntegrityOnWire, JobOnWire, RepairOnWire, RevalidationOnWire } from './batch-wire.js';
import { duration } from './duration.js';
import { exitCodes } from './exit-codes.js';
import { compact, cost, money, plural, progressBar, shortCost, shortened } from './figures.js';
import { fittedTable } from './fitted-table.js';

/** The exit code that the state of a batch means; null: it goes on. A pause for the cost cap ends a watch, as nothing happens until someone raises the cap; other pauses may end. One that was canceled then is canceled. */
export function exitCodeOf(batch: Pick<BatchOnWire, 'status' | 'reason'>): number | null {
  if (batch.reason?.code === 'cost_cap' && batch.status !== 'completed' && batch.status !== 'canceled') return exitCodes.costLimit;
  switch (batch.status) {
    case 'completed':
      return exitCodes.done;
    case 'failed':
    case 'canceled':
      return exitCodes.error;
    default:
      return null;
  }
}

/** A batch as a screen of `width` columns shows it; `elapsedSeconds`: since the state was told, by which running jobs have grown older. */
export function batchScreen(batch: BatchOnWire, { width, elapsedSeconds }: { width: number; elapsedSeconds: number }): string {
  const jobs = batch.jobs.length === 0 ? [] : [jobsTable(batch.jobs, width, elapsedSeconds)];
  const hints = batch.reason ? [`${batch.reason.message}${batch.resumes_at ? ` Goes on by itself at ${batch.resumes_at}.` : ''}`] : [];
  return [summary(batch, elapsedSeconds), progressBar(batch.counts.total === 0 ? 0 : (batch.counts.total - batch.counts.pending) / batch.counts.total, width), ...hints, ...jobs].join('\n');
}

/** A batch in one line, for logs. */
export function batchLine(batch: BatchOnWire): string {
  return summary(batch, 0);
}

/** Batches, newest first, one line each, for a screen of `width` columns. */
export function batchList(batches: readonly BatchOnWire[], width: number): string {
  const isWide = width >= 120;
  const head = ['id', 'status', ...(isWide ? ['mode'] : []), 'done', 'failed', 'cost', ...(isWide ? ['created', 'tags'] : [])];
  const rows = batches.map((batch) => {
    const figures = [done(batch), String(batch.counts.failed)];
    if (!isWide) return [batch.id, batch.status, ...figures, shortCost(batch.usage.total)];
    return [batch.id, batch.status, batch.mode, ...figures, cost(batch.usage.total), batch.created_at.replace('T', ' ').slice(0, 16), batch.tags.join(', ')];
  });
  return fittedTable({ head, rows, flexible: isWide ? [7] : [1], width });
}

/** What a batch would take, in one sentence. */
export function estimateText({ items, calls, models, input_tokens: input, output_tokens: output, simulated, ...price }: EstimateOnWire): string {
  const times = simulated ? ' (simulated: nothing is charged)' : '';
  return `${plural(items, 'item')}, ${plural(calls, 'call')} to ${models.join(', ') || 'no model'}, about ${compact(input)} tokens in and ${compact(output)} out: ${cost(price)}${times}`;
}

const tallies = ['expected', 'valid', 'failed', 'moved', 'missing', 'duplicated', 'orphaned'] as const;

/** What `verify` found: each job in a line, and all together. Lines that moved are lines of a later job. */
export function integrityTable(found: IntegrityOnWire): string {
  const table = new Table({ head: ['round', 'job', ...tallies], style: { head: [], border: [], compact: true }, colAligns: ['right', 'left', ...tallies.map(() => 'right' as const)] });
  const rowOf = (round: number | undefined, name: string, row: Partial<Record<(typeof tallies)[number], number>>): string[] => [String(round ?? ''), name, ...tallies.map((tally) => (row[tally] === undefined ? '' : String(row[tally])))];
  for (const job of found.jobs) table.push(rowOf(job.round, job.model === undefined ? job.id : shortened(`${job.provider ?? ''}/${job.model}`, 40), job));
  table.push(rowOf(undefined, 'all', found.totals));
  const { missing = 0 } = found.items;
  const { duplicated = 0, orphaned = 0 } = found.totals;
  const notes = [
    ...(missing === 0 ? [] : [`${plural(missing, 'item')} missing`]),
    ...(duplicated + orphaned === 0 ? [] : [`${String(duplicated)} duplicated and ${String(orphaned)} orphaned results changed nothing: each line has its one answer`]),
  ];
  return [table.toString(), ...notes].join('\n');
}

/** Whether `verify` found nothing missing. What a provider sent twice, or for no line, needs no mending. */
export function isIntact({ totals, items, jobs }: IntegrityOnWire): boolean {
  return (items.missing ?? 0) === 0 && [totals, ...jobs].every(({ missing = 0 }) => missing === 0);
}

/** What a repair did, in one sentence. */
export function repairText({ reconciled, calls, items }: RepairOnWire): string {
  const done = [
    ...(reconciled > 0 ? [`${plural(reconciled, 'call')} had ${reconciled === 1 ? 'its answer' : 'their answers'} after all`] : []),
    ...(calls + items > 0 ? [`${plural(calls, 'call')} and ${plural(items, 'item')} are made again`] : []),
  ];
  return done.length === 0 ? 'Nothing could be repaired: what is missing is not stored any more. Submit it as a new batch.' : `${done.join('; ')}.`;
}

/** What stored answers came to against a schema, in one sentence. */
export function revalidationText({ checked, valid, invalid, changed }: RevalidationOnWire): string {
  return `${plural(checked, 'answer')} judged: ${String(valid)} valid, ${String(invalid)} invalid, ${plural(changed, 'item')} changed`;
}

function summary(batch: BatchOnWire, elapsedSeconds: number): string {
  const { counts, usage, eta_seconds: eta } = batch;
  return [
    batch.id,
    batch.status + (batch.next_mode ? ` (then ${batch.next_mode})` : ''),
    `${done(batch)} done`,
    ...callsOfRound(batch),
    ...(counts.failed > 0 ? [`${String(counts.failed)} failed`] : []),
    ...(counts.canceled > 0 ? [`${String(counts.canceled)} canceled`] : []),
    `${cost(usage.total)}${batch.cost_cap_usd ? ` of ${money(batch.cost_cap_usd)}` : ''}`,
    ...(eta === null || eta === undefined ? [] : [`ETA ${duration(eta - elapsedSeconds)}`]),
    ...(batch.simulated ? ['simulated'] : []),
  ].join(' · ');
}

function done({ counts }: BatchOnWire): string {
  return `${String(counts.total - counts.pending)}/${String(counts.total)}`;
}

// Items of a panel are done all at once in its last round; calls move all the time.
function callsOfRound({ jobs, finished_at: finishedAt }: BatchOnWire): string[] {
  const round = Math.max(...jobs.map((job) => job.round));
  const own = jobs.filter((job) => job.round === round);
  if (finishedAt || own.length === 0) return [];
  const total = own.reduce((sum, job) => sum + job.lines, 0);
  return [`round ${String(round)}: ${String(own.reduce((sum, job) => sum + job.succeeded + job.failed, 0))}/${String(total)} calls`];
}

/** More jobs than these do not fit a screen: those that are under way come first, then the latest. */
const mostJobs = 20;

function jobsTable(jobs: readonly JobOnWire[], width: number, elapsedSeconds: number): string {
  const shown = jobs.length <= mostJobs ? jobs : [...jobs.filter((job) => !isOver(job)), ...jobs.filter(isOver).reverse()].slice(0, mostJobs);
  // Narrow terminals see less, never broken lines.
  const isWide = width >= 139;
  const hasWords = width >= 119;
  const hasCost = width >= 89;
  const room = Math.max(10, Math.min(40, width - (isWide ? 129 : hasWords ? 109 : hasCost ? 79 : 66)));
  const right = 'right' as const;
  const left = 'left' as const;
  const head = ['round', 'provider', 'model', 'state', 'done', 'age', ...(hasCost ? ['cost'] : []), ...(hasWords ? ['ETA'] : []), ...(isWide ? ['job'] : [])];
  const table = new Table({ head, style: { head: [], border: [], compact: true }, colAligns: [right, left, left, left, right, right, ...(hasCost ? [right] : []), ...(hasWords ? [right] : []), left] });
  for (const job of shown) {
    const isRunning = (job.ended_at ?? null) === null && !isOver(job);
    const state = job.status + (hasWords && job.provider_state && job.provider_state !== job.status ? `: ${job.provider_state}` : '');
    const failed = hasWords && job.failed > 0 ? ` (${String(job.failed)} failed)` : '';
    const age = duration(job.age_seconds + (isRunning ? elapsedSeconds : 0));
    const figures = [`${String(job.succeeded + job.failed)}/${String(job.lines)}${failed}`, age, ...(hasCost ? [jobCost(job)] : []), ...(hasWords ? [isRunning ? jobEta(job, elapsedSeconds) : ''] : [])];
    const provider = job.provider + (job.mode === 'realtime' ? ' realtime' : '');
    table.push([String(job.round), provider, shortened(job.model, room), shortened(state, 24), ...figures, ...(isWide ? [shortened(job.reference ?? job.id, 33)] : [])]);
  }
  const hidden = jobs.length - shown.length;
  return hidden === 0 ? table.toString() : `${table.toString()}\n… and ${plural(hidden, 'job')} more`;
}

function isOver({ status }: JobOnWire): boolean {
  return ['collected', 'failed', 'canceled'].includes(status);
}

/** Of its answers so far, shorter than `cost` says it. */
function jobCost({ cost_usd: usd, cost_known: isKnown }: JobOnWire): string {
  return usd === null || usd === undefined ? 'unknown' : `${isKnown ? '' : '≥'}${money(usd)}`;
}

/** At the pace so far; empty where it has none yet. */
function jobEta({ lines, succeeded, failed, age_seconds: age }: JobOnWire, elapsedSeconds: number): string {
  const ended = succeeded + failed;
  return ended === 0 || ended >= lines ? '' : duration((age * (lines - ended)) / ended - elapsedSeconds);
}
