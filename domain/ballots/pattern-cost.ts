/**
 * Characters up to which a regular expression of a client may be tried without holding up a workflow: JavaScript matches by backtracking, and
 * a pattern such as `^(a+)+$` takes 2ⁿ steps. `Infinity`: any text. Null: the pattern is invalid, uses what can't be judged (back references,
 * look-arounds), or can blow up. Judged by its form: a repeated group must leave no choice how a text is cut into repetitions; what is repeated
 * one after the other costs a power of the length each, which must stay below `steps` (10⁷ at most).
 * @example longestSafeText('^\\d{4}-\\d{2}$') // Infinity
 * @example longestSafeText('^[a-z0-9]+(?:-[a-z0-9]+)*$') // 3162
 * @example longestSafeText('^(a+)+$') // null
 */
export function longestSafeText(pattern: string, steps = mostSteps): number | null {
  const cost = costOf(pattern);
  if (cost === null || cost.choices > mostSteps || longestFor(cost, mostSteps) < fewestCharacters) return null;
  return longestFor(cost, steps);
}

function longestFor({ choices, loops }: Pick<Part, 'choices' | 'loops'>, steps: number): number {
  if (loops === 0) return choices <= steps ? Infinity : 0;
  return Math.floor((steps / choices) ** (1 / loops));
}

function costOf(pattern: string): Pick<Part, 'choices' | 'loops'> | null {
  if (pattern.length > longestPattern || !isRegularExpression(pattern)) return null;
  try {
    const reader = new Reader(pattern);
    const { choices, loops } = reader.readAlternatives();
    // Without `^` the match is tried from every place; that of one branch says nothing about the others.
    const isAnchored = pattern.startsWith('^') && reader.branches === 1;
    return { choices, loops: loops + (isAnchored ? 0 : 1) };
  } catch (error) {
    if (error instanceof Unjudged) return null;
    throw error;
  }
}

const longestPattern = 1_000;
const mostSteps = 10_000_000;
/** A pattern that can only be tried on less than this is of no use. */
const fewestCharacters = 50;
/** A bounded repetition with more choices than this counts as unbounded. */
const mostChoices = 20;
const mostCounted = 1_000;
const mostPositions = 200;

class Unjudged extends Error {}

/** A set of characters: ASCII by bits, everything else as one bit. */
type Characters = bigint;

/** What is known of a part: the characters it can begin and end with, by position, and its cost: `choices` × length ^ `loops`. */
interface Part {
  first: number[];
  last: number[];
  isNullable: boolean;
  /** Takes texts of different length, or has branches: the engine has something to try anew. */
  isVariable: boolean;
  choices: number;
  loops: number;
}

const nothing: Part = { first: [], last: [], isNullable: true, isVariable: false, choices: 1, loops: 0 };

class Reader {
  /** Alternatives of the outermost level. */
  branches = 0;
  private at = 0;
  private readonly characters: Characters[] = [];
  /** By position: those that may come next, as often as there are ways. */
  private readonly follow: number[][] = [];

  constructor(private readonly pattern: string) {}

  readAlternatives(): Part {
    const branches = [this.readSequence()];
    while (this.take('|')) branches.push(this.readSequence());
    this.branches = branches.length;
    const [only] = branches;
    if (branches.length === 1 && only) return only;
    return {
      first: branches.flatMap((branch) => branch.first),
      last: branches.flatMap((branch) => branch.last),
      isNullable: branches.some((branch) => branch.isNullable),
      isVariable: true,
      choices: branches.reduce((total, branch) => total + branch.choices, 0),
      loops: Math.max(...branches.map((branch) => branch.loops)),
    };
  }

  private readSequence(): Part {
    let whole = nothing;
    while (this.at < this.pattern.length && this.pattern[this.at] !== '|' && this.pattern[this.at] !== ')') whole = this.joined(whole, this.readRepeated());
    return whole;
  }

  private joined(left: Part, right: Part): Part {
    this.link(left.last, right.first);
    return {
      first: left.isNullable ? [...left.first, ...right.first] : left.first,
      last: right.isNullable ? [...left.last, ...right.last] : right.last,
      isNullable: left.isNullable && right.isNullable,
      isVariable: left.isVariable || right.isVariable,
      choices: left.choices * right.choices,
      loops: left.loops + right.loops,
    };
  }

  private readRepeated(): Part {
    const begin = this.characters.length;
    const part = this.readPart();
    const times = this.readQuantifier();
    if (!times) return part;
    const [fewest, most] = times;
    const isNullable = part.isNullable || fewest === 0;
    const spread = most - fewest + 1;
    if (most <= 1) return { ...part, isNullable, isVariable: true, choices: part.choices + 1 };
    this.link(part.last, part.first);
    if (part.isVariable || part.isNullable) {
      // Each repetition tries its choices anew, so there must be none: one way to go on with any character.
      if (part.isNullable || !this.isDeterministic(begin, part.first)) throw new Unjudged();
      return { ...part, isNullable, isVariable: true, choices: 1, loops: 1 };
    }
    if (spread === 1) return { ...part, isNullable };
    return spread <= mostChoices ? { ...part, isNullable, isVariable: true, choices: spread } : { ...part, isNullable, isVariable: true, loops: 1 };
  }

  private isDeterministic(begin: number, first: number[]): boolean {
    return isDisjoint(first, this.characters) && this.follow.slice(begin).every((next) => isDisjoint(next, this.characters));
  }

  private readQuantifier(): [number, number] | null {
    const match = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.pattern.slice(this.at));
    if (!match) return null;
    this.at += match[0].length;
    switch (match[0][0]) {
      case '*':
        return [0, Infinity];
      case '+':
        return [1, Infinity];
      case '?':
        return [0, 1];
      default: {
        const fewest = Number(match[1]);
        const most = match[2] === undefined ? fewest : match[3] === '' ? Infinity : Number(match[3]);
        // The engine unrolls counted repetitions.
        if (fewest > mostCounted || (most > mostCounted && most !== Infinity)) throw new Unjudged();
        return [fewest, most];
      }
    }
  }

  private readPart(): Part {
    if (this.take('(')) return this.readGroup();
    if (this.take('^') || this.take('$')) return nothing;
    const atom = /^(?:\\(?:u\{[^}]*\}|u[0-9a-f]{4}|x[0-9a-f]{2}|[pP]\{[^}]*\}|c[a-z]|[^1-9k])|\[(?:\\.|[^\]\\])*\]|[^\\[])/isu.exec(this.pattern.slice(this.at))?.[0];
    if (atom === undefined || this.characters.length >= mostPositions) throw new Unjudged();
    this.at += atom.length;
    if (atom === '\\b' || atom === '\\B') return nothing;
    this.characters.push(charactersOf(atom));
    this.follow.push([]);
    const position = this.characters.length - 1;
    return { first: [position], last: [position], isNullable: false, isVariable: false, choices: 1, loops: 0 };
  }

  private readGroup(): Part {
    const opening = /^\?(?::|<[A-Za-z_]\w*>)/.exec(this.pattern.slice(this.at))?.[0];
    if (opening === undefined && this.pattern[this.at] === '?') throw new Unjudged();
    this.at += opening?.length ?? 0;
    const body = this.readAlternatives();
    if (!this.take(')')) throw new Unjudged();
    return body;
  }

  private link(from: number[], to: number[]): void {
    for (const position of from) this.follow[position]?.push(...to);
  }

  private take(character: string): boolean {
    if (this.pattern[this.at] !== character) return false;
    this.at += 1;
    return true;
  }
}

function isDisjoint(positions: number[], characters: Characters[]): boolean {
  let seen = 0n;
  for (const position of positions) {
    const set = characters[position] ?? 0n;
    if ((seen & set) !== 0n) return false;
    seen |= set;
  }
  return true;
}

const everythingElse = 1n << 128n;

function charactersOf(atom: string): Characters {
  const matcher = new RegExp(`^${atom}$`, 'su');
  let set = /[^\x00-\x7f]|\\[pPSWDsux]|^\.$|^\[\^/.test(atom) ? everythingElse : 0n;
  for (let code = 0; code < 128; code += 1) if (matcher.test(String.fromCharCode(code))) set |= 1n << BigInt(code);
  return set;
}

function isRegularExpression(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}
