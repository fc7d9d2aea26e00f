import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { solutionOf, type Solution } from './answers/solve.js';

/**
 * One line of a `*.jsonl` file in the replay folder. A line applies when everything it names fits:
 * - `model` (base name, or several; missing: any model),
 * - `question` (the client's question, compared without regard to white space; or contained in it) or `hash` (`fingerprint` of `GET /requests`).
 * It gives an `answer` (said verbatim), or `correct` (the truth, given with the model's skill: `18`, `C`, `Paris`).
 */
export interface RecordedLine {
  model?: string | string[];
  question?: string;
  hash?: string;
  answer?: string;
  correct?: string;
}

const nothing = { answer: null, solution: null } as const;

/** Recorded answers by question; looked up by whole question first, and only short of that by containment. */
export class RecordedAnswers {
  private readonly byQuestion = new Map<string, RecordedLine[]>();
  private readonly byHash = new Map<string, RecordedLine[]>();

  static fromDirectory(directory: string | undefined): RecordedAnswers {
    const answers = new RecordedAnswers();
    if (!directory) return answers;
    for (const file of readdirSync(directory).filter((name) => name.endsWith('.jsonl')).sort()) {
      const lines = readFileSync(join(directory, file), 'utf8').split('\n').filter((line) => line.trim() !== '');
      // Written by hand or by a script next to the tests; a wrong line shows as a missing answer.
      answers.add(lines.map((line) => JSON.parse(line) as RecordedLine));
    }
    return answers;
  }

  add(lines: RecordedLine[]): void {
    for (const line of lines) {
      const [map, key] = line.hash === undefined ? [this.byQuestion, normalise(line.question ?? '')] as const : [this.byHash, line.hash] as const;
      map.set(key, [...(map.get(key) ?? []), line]);
    }
  }

  /** The recorded answer or truth for a model's question; both `null` where nothing is recorded. */
  find({ base, question, fingerprint }: { base: string; question: string; fingerprint: string }): { answer: string | null; solution: Solution | null } {
    if (this.byQuestion.size === 0 && this.byHash.size === 0) return nothing;
    const asked = normalise(question);
    const lines = [...(this.byHash.get(fingerprint) ?? []), ...(this.byQuestion.get(asked) ?? this.contained(asked))].filter((line) => fits(line, base));
    const answer = lines.find((line) => line.answer !== undefined)?.answer ?? null;
    const correct = lines.find((line) => line.correct !== undefined)?.correct;
    return { answer, solution: correct === undefined ? null : solutionOf(correct) };
  }

  private contained(asked: string): RecordedLine[] {
    for (const [question, lines] of this.byQuestion) if (question.length > 20 && asked.includes(question)) return lines;
    return [];
  }
}

function fits(line: RecordedLine, base: string): boolean {
  return line.model === undefined || (Array.isArray(line.model) ? line.model.includes(base) : line.model === base);
}

function normalise(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
