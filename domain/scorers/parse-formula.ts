/** A formula as a tree. Names are single letters, or words the grammar knows. */
export type Formula =
  | { kind: 'number'; value: number }
  | { kind: 'name'; name: string }
  | { kind: 'sum' | 'product'; parts: Formula[] }
  | { kind: 'negative' | 'inverse' | 'factorial' | 'absolute'; of: Formula }
  | { kind: 'power'; base: Formula; exponent: Formula }
  | { kind: 'binomial'; n: Formula; k: Formula }
  | { kind: 'apply'; function: string; of: Formula };

/** More tokens or a deeper nesting than any benchmark's result has: such a text is no formula to us. */
const mostTokens = 2_000;
const deepest = 60;

const functions = new Set(['sin', 'cos', 'tan', 'cot', 'sec', 'csc', 'arcsin', 'arccos', 'arctan', 'ln', 'log', 'exp', 'sqrt']);
const ignored = new Set(['left', 'right', 'displaystyle', 'limits', 'mathrm', 'text', 'operatorname', ';', ',', ':', '!', ' ', 'quad', 'qquad', 'big', 'Big']);
// Maps: a name of the text must not find what every object has.
const renamed = new Map([['dfrac', '\\frac'], ['tfrac', '\\frac'], ['dbinom', '\\binom'], ['tbinom', '\\binom'], ['times', '*'], ['cdot', '*'], ['ast', '*'], ['div', '/'], ['lbrace', '{'], ['rbrace', '}']]);

/** Reads a formula written in TeX or plain text; null for what is none. Only a grammar: nothing is evaluated, and work is bounded by length. */
export function parseFormula(text: string): Formula | null {
  const tokens = tokensOf(text);
  if (tokens === null || tokens.length === 0) return null;
  const parser = new Parser(tokens);
  try {
    const formula = parser.sum(0);
    return parser.isDone() ? formula : null;
  } catch (error) {
    if (error instanceof NoFormula) return null;
    throw error;
  }
}

class NoFormula extends Error {}

const token = /\s*(?:(\d+(?:\.\d+)?|\.\d+)|\\([A-Za-z]+|[^A-Za-z])|(\*\*)|([A-Za-z]+)|([-+*/^_!|(){}[\]]))/y;

function tokensOf(text: string): string[] | null {
  const tokens: string[] = [];
  token.lastIndex = 0;
  const end = text.trimEnd().length;
  while (token.lastIndex < end) {
    const match = token.exec(text);
    if (!match || tokens.length >= mostTokens) return null;
    const [, number, command, doubleStar, word, sign] = match;
    if (number !== undefined) tokens.push(number);
    else if (command !== undefined) {
      if (!ignored.has(command)) tokens.push(renamed.get(command) ?? `\\${command}`);
    } else if (doubleStar !== undefined) tokens.push('^');
    else if (word !== undefined) tokens.push(...(functions.has(word) || word === 'pi' ? [`\\${word}`] : word.split('')));
    else if (sign !== undefined) tokens.push(sign);
  }
  return tokens;
}

const closing = new Map([['(', ')'], ['[', ']'], ['{', '}']]);

class Parser {
  private position = 0;

  constructor(private readonly tokens: string[]) {}

  isDone(): boolean {
    return this.position === this.tokens.length;
  }

  sum(depth: number): Formula {
    if (depth > deepest) throw new NoFormula();
    const parts = [this.product(depth)];
    while (this.peek() === '+' || this.peek() === '-') {
      const sign = this.take();
      const part = this.product(depth);
      parts.push(sign === '-' ? { kind: 'negative', of: part } : part);
    }
    return parts.length === 1 && parts[0] ? parts[0] : { kind: 'sum', parts };
  }

  private product(depth: number): Formula {
    if (this.peek() === '-' || this.peek() === '+') return this.take() === '-' ? { kind: 'negative', of: this.product(depth + 1) } : this.product(depth + 1);
    const parts = [this.power(depth)];
    for (;;) {
      if (this.peek() === '*') {
        this.take();
        parts.push(this.signed(depth));
      } else if (this.peek() === '/') {
        this.take();
        parts.push({ kind: 'inverse', of: this.signed(depth) });
      } else if (this.peek() === '\\frac' && /^\d+$/.test(this.tokens[this.position - 1] ?? '')) parts.push(this.mixed(parts.pop(), depth));
      else if (this.startsFactor()) parts.push(this.power(depth));
      else break;
    }
    return parts.length === 1 && parts[0] ? parts[0] : { kind: 'product', parts };
  }

  // `2\frac{1}{2}` is two and a half; before a fraction of names a number is a factor.
  private mixed(whole: Formula | undefined, depth: number): Formula {
    const fraction = this.power(depth);
    if (whole?.kind !== 'number') return { kind: 'product', parts: [...(whole ? [whole] : []), fraction] };
    const isPlain = fraction.kind === 'product' && fraction.parts.every((part) => part.kind === 'number' || (part.kind === 'inverse' && part.of.kind === 'number'));
    return { kind: isPlain ? 'sum' : 'product', parts: [whole, fraction] };
  }

  private signed(depth: number): Formula {
    if (this.peek() !== '-') return this.power(depth);
    this.take();
    return { kind: 'negative', of: this.power(depth) };
  }

  private power(depth: number): Formula {
    if (depth > deepest) throw new NoFormula();
    let base = this.atom(depth + 1);
    while (this.peek() === '!') {
      this.take();
      base = { kind: 'factorial', of: base };
    }
    if (this.peek() !== '^') return base;
    this.take();
    const exponent = this.peek() === '-' ? this.signed(depth + 1) : this.power(depth + 1);
    return { kind: 'power', base, exponent };
  }

  private atom(depth: number): Formula {
    const head = this.take();
    if (/^[\d.]/.test(head)) return { kind: 'number', value: Number(head) };
    if (closing.has(head)) return this.enclosed(head, depth);
    if (head === '|') {
      const inner = this.sum(depth + 1);
      this.expect('|');
      return { kind: 'absolute', of: inner };
    }
    if (/^[A-Za-z]$/.test(head)) return this.indexed(head);
    return this.command(head, depth);
  }

  private command(head: string, depth: number): Formula {
    if (head === '\\frac') {
      const above = this.argument(depth);
      return { kind: 'product', parts: [above, { kind: 'inverse', of: this.argument(depth) }] };
    }
    if (head === '\\binom') return { kind: 'binomial', n: this.argument(depth), k: this.argument(depth) };
    if (head === '\\sqrt') return this.root(depth);
    const name = head.slice(1);
    if (functions.has(name)) return { kind: 'apply', function: name, of: this.power(depth + 1) };
    if (/^\\[A-Za-z]+$/.test(head) && name !== 'infty') return this.indexed(name);
    throw new NoFormula();
  }

  private root(depth: number): Formula {
    if (this.peek() !== '[') return { kind: 'apply', function: 'sqrt', of: this.argument(depth) };
    this.take();
    const degree = this.sum(depth + 1);
    this.expect(']');
    return { kind: 'power', base: this.argument(depth), exponent: { kind: 'inverse', of: degree } };
  }

  // TeX takes a single digit where braces are missing: `\frac12`, `\sqrt2`.
  private argument(depth: number): Formula {
    const next = this.peek() ?? '';
    if (!/^\d{2,}$/.test(next)) return this.atom(depth + 1);
    this.tokens.splice(this.position, 1, next.slice(0, 1), next.slice(1));
    return this.atom(depth + 1);
  }

  private indexed(name: string): Formula {
    if (this.peek() !== '_') return { kind: 'name', name };
    this.take();
    if (this.peek() !== '{') return { kind: 'name', name: `${name}_${this.take()}` };
    const start = this.position;
    while (this.peek() !== '}') this.take();
    this.take();
    return { kind: 'name', name: `${name}_${this.tokens.slice(start + 1, this.position - 1).join('')}` };
  }

  private enclosed(open: string, depth: number): Formula {
    const inner = this.sum(depth + 1);
    this.expect(closing.get(open) ?? '');
    return inner;
  }

  private startsFactor(): boolean {
    const next = this.peek();
    return next !== undefined && (next === '(' || next === '{' || next === '[' || /^[\dA-Za-z.\\]/.test(next));
  }

  private peek(): string | undefined {
    return this.tokens[this.position];
  }

  private take(): string {
    const head = this.tokens[this.position];
    if (head === undefined) throw new NoFormula();
    this.position += 1;
    return head;
  }

  private expect(wanted: string): void {
    if (this.take() !== wanted) throw new NoFormula();
  }
}
