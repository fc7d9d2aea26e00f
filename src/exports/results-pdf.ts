import PDFDocument from 'pdfkit';
import { z } from 'zod';
import type { ExportableRun, RunDocumentBenchmark, RunSummary } from '../../domain/exports/run-document.js';
import { versionNotes } from '../../domain/runs/version-notes.js';
import { accuracyInterval } from '../../domain/statistics/accuracy-interval.js';
import { accuracyText, costOf, seatRows, subsetText, unverifiedNote } from './results-markdown.js';

const margin = 50;
const width = 495;
const ink = '#1f2933';
const faint = '#6b7785';
const accent = '#2f6fb2';
const bad = '#b5473a';
const grid = '#d8dee5';
/** Characters of a fact that a page shows: a system prompt may have twenty thousand. */
const longestFact = 1_500;
/** Fewest bars that begin a chart at the foot of a page; the others follow on the next. */
const fewestBars = 5;

/** The report of a run, A4: who was asked, accuracies with their intervals as a chart, what became of the samples, categories, data and prompts. The caller pipes it; it ends itself. */
export function resultsPdf({ run, benchmarks }: Pick<ExportableRun, 'run' | 'benchmarks'>): PDFKit.PDFDocument {
  const document = new PDFDocument({ size: 'A4', margin, info: { Title: `Conclave run ${run.id}`, CreationDate: new Date(run.finished_at ?? run.created_at) }, bufferPages: true });
  title(document, run);
  if (benchmarks.length > 0) accuracyChart(document, benchmarks, run.epochs);
  for (const benchmark of benchmarks) benchmarkPart(document, benchmark, run.epochs);
  numberPages(document, run.id);
  document.end();
  return document;
}

function title(document: PDFKit.PDFDocument, run: ExportableRun['run']): void {
  document.fillColor(ink).font('Helvetica-Bold').fontSize(20).text(printable(run.model));
  document.font('Helvetica').fontSize(10).fillColor(faint).text(`Benchmark run ${run.id}${run.simulated ? ' · answers of the simulated provider' : ''}`).moveDown();
  const panel = run.panel === null ? run.strategy : `${run.strategy} (panel ${run.panel.name}, version ${String(run.panel.version)})`;
  facts(document, [
    ['Provider', run.provider],
    ['Strategy', panel],
    ...seatRows(run.plan).map(([name, seats]) => [name.charAt(0).toUpperCase() + name.slice(1), seats] as const),
    ...consensusFacts(run.metadata),
    ['State', run.reason === null ? run.status : `${run.status}: ${run.reason.message}`],
    ['Mode', run.mode],
    ['Subset', subsetText(run.subset)],
    ['Accuracy', accuracyText(run.summary, run.epochs)],
    ['Answered', `${String(run.summary.done)} of ${String(run.summary.samples)} samples, ${String(run.summary.errors)} errors`],
    ['Cost', `${costOf(run.summary)} for ${String(run.summary.input_tokens)} input and ${String(run.summary.output_tokens)} output tokens`],
    ...(run.judge === null ? [] : [['Judge', `${run.judge.provider}/${run.judge.model}${typeof run.metadata['judge_is_member'] === 'string' ? ', also a member of what was measured' : ''}`] as const]),
    ...(Object.keys(run.config).length === 0 ? [] : [['Settings', JSON.stringify(run.config)] as const]),
    ['Code', run.code_version],
    ...versionNotes(run.code_version, run.metadata).map((note) => ['Versions', note] as const),
    ['Time', `${run.started_at ?? 'not started'} to ${run.finished_at ?? 'not finished'}`],
  ]);
}

const gremiumSchema = z.object({
  gremium_version: z.string().nullish(),
  gremium_base_url: z.string().nullish(),
  gremium_participants: z.array(z.object({ id: z.string(), thinking: z.boolean().nullish() })).nullish(),
  gremium_changed: z.unknown().optional(),
});

// What a Gremium said of itself; an imported run may say it otherwise, and then nothing is told.
function consensusFacts(metadata: Record<string, unknown>): (readonly [string, string])[] {
  const parsed = gremiumSchema.safeParse(metadata);
  if (!parsed.success || !('gremium_version' in metadata)) return [];
  const { gremium_version: version, gremium_base_url: url, gremium_participants: participants, gremium_changed: changed } = parsed.data;
  const seats = participants?.map(({ id, thinking }) => id + (thinking === true ? ' (thinking)' : '')).join(', ') ?? 'participants unknown';
  return [
    ['Consensus', `${version ?? 'unknown version'}${url == null ? '' : ` at ${url}`}: ${seats}`],
    ...(changed ? [['Changed', 'It was another one at the end of the run than at its start.'] as const] : []),
  ];
}

function facts(document: PDFKit.PDFDocument, rows: readonly (readonly [string, string])[]): void {
  document.fontSize(10);
  for (const [name, value] of rows) {
    room(document, 16);
    const top = document.y;
    document.fillColor(faint).text(printable(name), margin, top, { width: 90 });
    document.fillColor(ink).text(printable(value.length > longestFact ? `${value.slice(0, longestFact)} … (whole in the JSON)` : value), margin + 95, top, { width: width - 95 });
  }
  document.x = margin;
  document.moveDown();
}

interface Bar {
  label: string;
  share: number | null;
  interval: readonly [number, number] | null;
  note: string;
}

function accuracyChart(document: PDFKit.PDFDocument, benchmarks: readonly RunDocumentBenchmark[], epochs: number): void {
  heading(document, 'Accuracy, with 95 % intervals', 40 + heightOf(Math.min(benchmarks.length, fewestBars)));
  bars(document, benchmarks.map(({ display_name, summary }) => ({ label: display_name, share: summary.accuracy, interval: accuracyInterval(summary, epochs), note: accuracyText(summary, epochs) })));
}

const step = 18;

function heightOf(rows: number): number {
  return rows * step + 24;
}

// Horizontal, from 0 to 100 %, a whisker for the interval; as many as the page has room for, then on the next.
function bars(document: PDFKit.PDFDocument, all: readonly Bar[]): void {
  room(document, heightOf(Math.min(all.length, fewestBars)));
  const rows = all.slice(0, Math.floor((document.page.height - margin - document.y - heightOf(0)) / step));
  const [left, length] = [margin + 120, 230];
  const top = document.y;
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const x = left + share * length;
    document.moveTo(x, top).lineTo(x, top + rows.length * step).lineWidth(0.5).strokeColor(grid).stroke();
    document.fontSize(7).fillColor(faint).text(`${String(share * 100)} %`, x - 15, top + rows.length * step + 3, { width: 30, align: 'center' });
  }
  rows.forEach((row, index) => {
    const y = top + index * step;
    document.fontSize(8).fillColor(ink).text(printable(row.label), margin, y + 4, { width: 112, height: 10, ellipsis: true });
    document.fillColor(faint).text(row.note, left + length + 8, y + 4, { width: width - 120 - length - 8, height: 10, ellipsis: true });
    if (row.share === null) return;
    document.rect(left, y + 3, row.share * length, step - 8).fill(accent);
    if (row.interval === null) return;
    const [low, high] = row.interval.map((end) => left + end * length) as [number, number];
    const middle = y + 3 + (step - 8) / 2;
    document.moveTo(low, middle).lineTo(high, middle).moveTo(low, middle - 3).lineTo(low, middle + 3).moveTo(high, middle - 3).lineTo(high, middle + 3).lineWidth(1).strokeColor(ink).stroke();
  });
  document.x = margin;
  document.y = top + rows.length * step + 20;
  if (all.length > rows.length) bars(document, all.slice(rows.length));
}

function benchmarkPart(document: PDFKit.PDFDocument, benchmark: RunDocumentBenchmark, epochs: number): void {
  const { summary, dataset } = benchmark;
  heading(document, benchmark.display_name);
  facts(document, [
    ['State', benchmark.reason === null ? benchmark.status : `${benchmark.status}: ${benchmark.reason.message}`],
    ['Metric', `${benchmark.metric}; ${benchmark.badge}`],
    ['Accuracy', accuracyText(summary, epochs)],
    ...Object.entries(summary.also).map(([name, share]) => [`also ${name}`, `${(share * 100).toFixed(1)} %`] as const),
    ['Data', dataset === null ? 'not loaded' : `${dataset.source} at ${dataset.revision} (${dataset.licence}), ${dataset.files.map(({ name, sha256, verified }) => `${name} sha256 ${sha256?.slice(0, 16) ?? 'unverified'}${unverifiedNote(verified)}`).join(', ')}`],
    ['Prompts', benchmark.prompt_hash === null ? 'none' : `sha256 ${benchmark.prompt_hash.slice(0, 16)}`],
    ['Scorer', benchmark.scorer_version ?? 'none'],
    ...benchmark.differences.map(({ what, official, here }) => ['Differs', `${what}: officially ${official}; here ${here}`] as const),
  ]);
  outcomes(document, summary);
  shares(document, 'By group', summary.by_group ?? {});
  shares(document, 'By category', summary.by_category);
}

function shares(document: PDFKit.PDFDocument, title: string, parts: RunSummary['by_category']): void {
  const categories = Object.entries(parts);
  if (categories.length < 2) return;
  // With the first bars below it.
  room(document, 20 + heightOf(Math.min(categories.length, fewestBars)));
  document.fontSize(9).fillColor(faint).text(title, margin).moveDown(0.3);
  bars(document, categories.map(([label, { samples, accuracy }]) => ({ label, share: accuracy, interval: null, note: accuracy === null ? 'none answered' : `${(accuracy * 100).toFixed(1)} % of ${String(samples)}` })));
}

// One stacked bar: right, wrong, unreadable, errors.
function outcomes(document: PDFKit.PDFDocument, summary: RunSummary): void {
  const parts = [
    ['right', summary.correct, accent],
    ['wrong', summary.incorrect, bad],
    ['unreadable', summary.unextracted, '#d9a441'],
    ['errors', summary.errors, faint],
  ] as const;
  const total = parts.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return;
  room(document, 40);
  const top = document.y;
  let x = margin;
  for (const [, count, colour] of parts) {
    const length = (count / total) * width;
    document.rect(x, top, length, 12).fill(colour);
    x += length;
  }
  document.fontSize(8).fillColor(faint).text(parts.map(([name, count]) => `${name} ${String(count)}`).join('  ·  '), margin, top + 16, { width });
  document.moveDown();
}

// The built-in fonts have Latin letters only: what they lack is told as `?`, where they would print other letters.
function printable(text: string): string {
  return text.replaceAll(/[^\t\n\u0020-\u007E\u00A0-\u00FF\u2013\u2014\u2018\u2019\u201C\u201D\u2022\u2026\u20AC]/gu, '?');
}

// With what stands below it.
function heading(document: PDFKit.PDFDocument, text: string, below = 80): void {
  room(document, below);
  document.moveDown(0.5).font('Helvetica-Bold').fontSize(13).fillColor(ink).text(printable(text), margin).font('Helvetica').moveDown(0.4);
}

function room(document: PDFKit.PDFDocument, height: number): void {
  if (document.y + height > document.page.height - margin) document.addPage();
}

function numberPages(document: PDFKit.PDFDocument, id: string): void {
  const { count } = document.bufferedPageRange();
  for (let page = 0; page < count; page += 1) {
    document.switchToPage(page);
    document.page.margins.bottom = 0; // Text below the margin would begin a new page.
    document.fontSize(8).fillColor(faint).text(`${id} · page ${String(page + 1)} of ${String(count)}`, margin, document.page.height - 35, { width, align: 'center', lineBreak: false });
  }
}
