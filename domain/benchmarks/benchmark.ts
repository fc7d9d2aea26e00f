import type { ChatMessage, Sampling } from '../chat/chat-request.js';

/** A file of a data set, as its manifest in `datasets/<benchmark>.json` names it. */
export interface DatasetFile {
  /** Name in the cache folder `CONCLAVE_HOME/datasets/<benchmark>/`. */
  name: string;
  /** Where it is downloaded; null: it ships with the product (`datasets/`). */
  url: string | null;
  /** Hex; null: unverified, as nobody could fetch it when the manifest was written: the first download's hash is recorded and held to. */
  sha256: string | null;
  bytes: number | null;
  /** Of a file that was read: whether its hash was known beforehand; false: it is that of the first one seen. */
  verified?: boolean;
  format: 'jsonl' | 'parquet';
}

/** Where the items come from, so that a result names what it was measured on. */
export interface DatasetManifest {
  benchmark: string;
  source: string;
  /** Commit or revision of the source. */
  revision: string;
  licence: string;
  split: string;
  /** Items of the whole set. */
  count: number;
  files: DatasetFile[];
}

/** One question of a benchmark as its loader reads it. Texts only; `id` is stable over revisions where the source has one. */
export interface BenchmarkItem {
  id: string;
  question: string;
  /** Answer choices in the source's order; empty where there are none. */
  choices: string[];
  /** What the scorer compares with: a number, a letter of the source's order, a formula. */
  target: string;
  /** Subject, level, … : summaries break down by it. */
  category: string | null;
  /** What else the scorer needs (constraints, tolerance). */
  details?: Record<string, unknown>;
}

/** What is sent for an item: the exact prompt, and how choices were ordered (`order[i]` is the source's index of the i-th shown choice). */
export interface BenchmarkPrompt {
  messages: ChatMessage[];
  order: number[] | null;
  /** The target as shown: the letter after ordering; else the item's own. */
  expected: string;
}

export type Verdict = 'correct' | 'incorrect' | 'unextracted';

/** A scorer's finding. `score` in [0, 1]; `unextracted`: the answer has none that the rule can read (counted apart, scored 0). */
export interface SampleScore {
  verdict: Verdict;
  score: number;
  extracted: string | null;
  /** Further readings of the same answer, such as GSM8K's `strict` beside its `flexible`. */
  also: Record<string, Verdict>;
}

/** A difference from the official procedure, told wherever the badge is shown. */
export interface BenchmarkDifference {
  what: string;
  official: string;
  here: string;
}

/**
 * A benchmark: where its items come from, what is asked, how answers are scored. Pure: no I/O, the same result everywhere; scorers are linear in time on hostile input and never
 * evaluate an answer. A new one is one file and one line in the registry.
 */
export interface Benchmark {
  name: string;
  displayName: string;
  description: string;
  /** Part of every result; changes whenever a score could. */
  scorerVersion: string;
  manifest: DatasetManifest;
  badge: 'official' | 'simplified';
  /** Empty for `official`. */
  differences: readonly BenchmarkDifference[];
  /** What the main number means, such as `accuracy (flexible extraction)`. */
  metric: string;
  sampling: Sampling;
  /** Whether the order of choices depends on sample id and seed; else the source's order. */
  shufflesChoices: boolean;
  /** Sums up categories further, such as MMLU's subjects; null: in no group. Missing: categories are all there is. */
  groupOf?: (category: string) => string | null;
  /** Reads one row of a file; null: no item (a header, a row of another split). `index` counts rows from 0. */
  read(row: unknown, index: number): BenchmarkItem | null;
  prompt(item: BenchmarkItem, seed: string): BenchmarkPrompt;
  score(item: BenchmarkItem, prompt: Pick<BenchmarkPrompt, 'order' | 'expected'>, answer: string): SampleScore;
}
