import { extractJson } from './extract-json.js';
import { positionOf } from './labels.js';

/** A ballot as read: positions are places in the order that this reviewer was shown, from 0. */
export type Parsed<Ballot> = { ok: true; ballot: Ballot } | { ok: false; reason: string };

/** One verdict per shown answer, by position, and the preferred one; `preferred` is null only where nothing was accepted. */
export interface ApprovalBallot {
  accepted: boolean[];
  preferred: number | null;
}
/** All shown answers, best first. */
export interface RankingBallot {
  ranking: number[];
  reason: string;
}
export interface Critique {
  position: number;
  strengths: string;
  weaknesses: string;
}
/** A ranking with what the reviewer said of each answer; critiques may be missing, but never name an unknown answer. */
export interface ReviewBallot {
  ranking: number[];
  critiques: Critique[];
}

/** Reads a reply to `outputFormats.approve`. Malformed, missing, duplicate or unknown labels reject the ballot with a reason. */
export function parseApprovalBallot(reply: string, shown: number): Parsed<ApprovalBallot> {
  const json = extractJson(reply, 'votes');
  if (!json.ok) return json;
  const votes = json.value.votes;
  if (!Array.isArray(votes)) return rejected("'votes' is not a list");
  const accepted = new Array<boolean | undefined>(shown).fill(undefined);
  for (const vote of votes as unknown[]) {
    const position = positionOf(field(vote, 'answer'), shown);
    if (position === null) return rejected(`unknown label ${shorten(field(vote, 'answer'))}`);
    if (accepted[position] !== undefined) return rejected(`two verdicts for Assistant ${position + 1}`);
    const verdict = verdictOf(field(vote, 'verdict'));
    if (verdict === null) return rejected(`unknown verdict ${shorten(field(vote, 'verdict'))}`);
    accepted[position] = verdict;
  }
  const missing = accepted.indexOf(undefined);
  if (missing !== -1) return rejected(`no verdict for Assistant ${missing + 1}`);
  const verdicts = accepted as boolean[]; // none is missing
  const preferred = positionOf(json.value.preferred, shown);
  if (preferred === null && !(json.value.preferred === null && !verdicts.includes(true))) {
    return rejected(`unknown preferred label ${shorten(json.value.preferred)}`);
  }
  return { ok: true, ballot: { accepted: verdicts, preferred } };
}

/** Reads a reply to `outputFormats.ranking`. */
export function parseRankingBallot(reply: string, shown: number): Parsed<RankingBallot> {
  const json = extractJson(reply, 'ranking');
  if (!json.ok) return json;
  const ranking = readRanking(json.value.ranking, shown);
  return ranking.ok ? { ok: true, ballot: { ranking: ranking.ballot, reason: textOf(json.value.reason) } } : ranking;
}

/** Reads a reply to `outputFormats.critiqueAndRanking`. */
export function parseReviewBallot(reply: string, shown: number): Parsed<ReviewBallot> {
  const json = extractJson(reply, 'ranking');
  if (!json.ok) return json;
  const ranking = readRanking(json.value.ranking, shown);
  if (!ranking.ok) return ranking;
  const critiques = readCritiques(json.value.critiques, shown);
  return critiques.ok ? { ok: true, ballot: { ranking: ranking.ballot, critiques: critiques.ballot } } : critiques;
}

function readRanking(value: unknown, shown: number): Parsed<number[]> {
  if (!Array.isArray(value)) return rejected("'ranking' is not a list");
  if (value.length > shown) return rejected(`${value.length} labels for ${shown} answers`);
  const ranking: number[] = [];
  const seen = new Set<number>();
  for (const entry of value as unknown[]) {
    const position = positionOf(entry, shown);
    if (position === null) return rejected(`unknown label ${shorten(entry)}`);
    if (seen.has(position)) return rejected(`Assistant ${position + 1} is ranked twice`);
    seen.add(position);
    ranking.push(position);
  }
  if (ranking.length < shown) return rejected(`${ranking.length} of ${shown} answers are ranked`);
  return { ok: true, ballot: ranking };
}

function readCritiques(value: unknown, shown: number): Parsed<Critique[]> {
  if (value === undefined || value === null) return { ok: true, ballot: [] };
  if (!Array.isArray(value)) return rejected("'critiques' is not a list");
  if (value.length > shown) return rejected(`${value.length} critiques for ${shown} answers`);
  const critiques: Critique[] = [];
  for (const entry of value as unknown[]) {
    const position = positionOf(field(entry, 'answer'), shown);
    if (position === null) return rejected(`critique of unknown label ${shorten(field(entry, 'answer'))}`);
    if (critiques.some((critique) => critique.position === position)) return rejected(`two critiques of Assistant ${position + 1}`);
    critiques.push({ position, strengths: textOf(field(entry, 'strengths')), weaknesses: textOf(field(entry, 'weaknesses')) });
  }
  return { ok: true, ballot: critiques };
}

function verdictOf(value: unknown): boolean | null {
  const word = typeof value === 'string' ? value.trim().toUpperCase() : '';
  if (word === 'ACCEPTED') return true;
  return word === 'REJECTED' ? false : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').join('; ') : '';
}

function shorten(value: unknown): string {
  if (typeof value !== 'string') return value === undefined ? '(none)' : `of type ${value === null ? 'null' : typeof value}`;
  return `'${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
}

function rejected(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}
