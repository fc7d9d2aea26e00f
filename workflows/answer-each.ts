import type { Stop } from '../activities/run-activities.js';

/** What one sample came to: its outcome, or what keeps it from having one, so that it is asked again. */
export type Decided<Outcome> = { outcome: Outcome } | { stop: Stop };

/**
 * Decides samples, `concurrency` at a time, and records each outcome. Begins no further one once something says stop, and records those under way all the same. Returns why it stopped early: the first reason.
 */
export async function answerEach<Sample, Outcome>(
  samples: readonly Sample[],
  { concurrency, stop: initial, decide, record }: { concurrency: number; stop: Stop | null; decide: (sample: Sample) => Promise<Decided<Outcome>>; record: (sample: Sample, outcome: Outcome) => Promise<Stop | null> },
): Promise<{ stop: Stop | null; recorded: number }> {
  const waiting = [...samples];
  const found = { stop: initial, recorded: 0 };
  const work = async (): Promise<void> => {
    for (let sample = waiting.shift(); sample !== undefined && !found.stop; sample = waiting.shift()) {
      const decided = await decide(sample);
      const told: Stop | null = 'stop' in decided ? decided.stop : await record(sample, decided.outcome);
      if ('outcome' in decided) found.recorded++;
      // Not before the wait: what another sample met meanwhile would be forgotten.
      found.stop ??= told;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return found;
}
