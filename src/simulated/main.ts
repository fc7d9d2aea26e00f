#!/usr/bin/env node
import { Command } from 'commander';
import { tellListening } from '../supervisor/tell-listening.js';
import { startSimulatedProvider } from './simulated-provider.js';

const number = (text: string): number => Number(text);

const program = new Command('conclave-simulated')
  .description('Stands in for model providers: OpenAI, Anthropic and Gemini wire formats, deterministic answers, faults on demand.')
  .option('--port <port>', 'port to listen on; 0 chooses a free one', number, 0)
  .option('--host <host>', 'address to bind', '127.0.0.1')
  .option('--seed <seed>', 'seed of answers, mistakes and random faults', number, 1)
  .option('--latency <ms>', 'milliseconds to the first token; default: 150 to 400 by model', number)
  .option('--tps <tokens>', 'tokens per second, 0 is unlimited; default: about 80 by model', number)
  .option('--job-delay <ms>', 'milliseconds that a batch job stays in each state; default: some seconds, 0 with --latency', number)
  .option('--replay <folder>', 'folder with recorded answers, *.jsonl')
  .parse();
const options = program.opts<{ port: number; host: string; seed: number; latency?: number; tps?: number; jobDelay?: number; replay?: string }>();

const provider = await startSimulatedProvider({
  port: options.port,
  host: options.host,
  seed: options.seed,
  believable: true,
  ...(options.latency !== undefined && { latencyMs: options.latency }),
  ...(options.tps !== undefined && { tokensPerSecond: options.tps }),
  ...(options.jobDelay !== undefined && { jobDelayMs: options.jobDelay }),
  ...(options.replay !== undefined && { replayDirectory: options.replay }),
});
process.stdout.write(`simulated provider listening on ${provider.url}\n`);
tellListening();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void provider.stop().then(() => process.exit(0));
  });
}
