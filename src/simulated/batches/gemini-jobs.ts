import { gemini } from '../wire/gemini.js';
import { objectOf, stringOf } from '../wire/wire-format.js';
import type { InputFault, JobDialect, JobState, SimulatedFile, SimulatedJob } from './job.js';

const linesAtOnce = 200;
const keptHours = 48;
const states: Record<JobState, string> = {
  validating: 'PENDING', in_progress: 'RUNNING', finalizing: 'RUNNING', cancelling: 'RUNNING', completed: 'SUCCEEDED', failed: 'FAILED', expired: 'EXPIRED', cancelled: 'CANCELLED',
};

/** Gemini's batches (Developer API). A job that expires or is cancelled delivers nothing and costs nothing. */
export const geminiJobs: JobDialect = {
  vendor: 'gemini',
  separateErrors: false,
  keepsPartial: false,
  validate,

  readLine(job, text) {
    const line = objectOf(JSON.parse(text));
    const request = objectOf(line.request);
    return { customId: stringOf(line.key), format: gemini, path: `/${job.provider}/v1beta/models/${job.model}:generateContent`, pathModel: job.model, body: request };
  },

  row: (line, { status, body }) => ({ key: line.customId, ...(status >= 400 ? { error: errorOf(body) } : { response: body }) }),
  unansweredRow: () => null,
  outputId: (job) => `batch-${job.id}`,
};

/** A job as the operation that `GET /batches/{id}` shows. `inlined` is what an inline job's rows say. */
export function geminiOperation(job: SimulatedJob, inlined: unknown[] | null = null): unknown {
  const { total, succeeded, failed } = job.counts;
  const endedAt = job.times.completed ?? job.times.failed ?? job.times.expired ?? job.times.cancelled;
  const output = job.output === null || job.state !== 'completed' ? null : job.inline ? { inlinedResponses: { inlinedResponses: inlined ?? [] } } : { responsesFile: `files/${job.output.id}` };
  const metadata = {
    '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch',
    model: `models/${job.model}`, displayName: job.name ?? '', ...(output && { output }),
    ...(job.inputFileId !== null && { inputConfig: { fileName: `files/${job.inputFileId}` } }),
    createTime: timeOf(job.createdAt), ...(endedAt !== undefined && { endTime: timeOf(endedAt) }), updateTime: timeOf(Math.max(...Object.values(job.times))),
    batchStats: {
      requestCount: String(total), pendingRequestCount: String(total - succeeded - failed),
      ...(succeeded > 0 && { successfulRequestCount: String(succeeded) }), ...(failed > 0 && { failedRequestCount: String(failed) }),
    },
    state: `BATCH_STATE_${states[job.state]}`, name: `batches/${job.id}`,
  };
  if (endedAt === undefined) return { name: metadata.name, metadata };
  const error = job.state === 'completed' ? null : { code: job.state === 'failed' ? 13 : 1, message: job.faults[0]?.message ?? `The batch was ${job.state}.` };
  return { name: metadata.name, metadata, done: true, ...(error ? { error } : { response: { '@type': 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatchOutput', ...output } }) };
}

/** A file as `GET /files/{id}` shows it. */
export function geminiFile(file: SimulatedFile, baseUrl: string): unknown {
  return {
    name: `files/${file.id}`, ...(file.displayName !== null && { displayName: file.displayName }), mimeType: file.mimeType, sizeBytes: String(file.content.bytes),
    createTime: timeOf(file.createdAt), updateTime: timeOf(file.createdAt), expirationTime: timeOf(file.createdAt + keptHours * 3_600_000),
    sha256Hash: Buffer.from(file.content.sha256()).toString('base64'), uri: `${baseUrl}/files/${file.id}`, state: 'ACTIVE', source: file.purpose === 'batch' ? 'UPLOADED' : 'GENERATED',
  };
}

async function validate(job: SimulatedJob): Promise<InputFault[]> {
  const { total } = job.counts;
  if (total === 0) return [{ code: 'empty_file', line: null, message: 'The input file has no requests.', param: null }];
  for (let first = 0; first < total; first += linesAtOnce) {
    for (const [index, text] of (await job.input.readLines(first, Math.min(linesAtOnce, total - first))).entries()) {
      if (!hasRequest(text)) return [{ code: 'invalid_line', line: first + index + 1, message: `Line ${first + index + 1} of the input file is not a JSON object with "key" and "request".`, param: null }];
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return [];
}

function hasRequest(text: string): boolean {
  try {
    return typeof objectOf(JSON.parse(text)).request === 'object';
  } catch {
    return false;
  }
}

function errorOf(body: unknown): unknown {
  const { code, message, status } = objectOf(objectOf(body).error);
  return { code, message, status };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
