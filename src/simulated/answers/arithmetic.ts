type Token = number | '+' | '-' | '*' | '/' | '^' | '(' | ')';

const words: [RegExp, string][] = [
  [/\bmultiplied by\b|\btimes\b/gi, '*'],
  [/\bdivided by\b|\bover\b/gi, '/'],
  [/\bplus\b/gi, '+'],
  [/\bminus\b/gi, '-'],
  [/[×·⋅]/g, '*'],
  [/÷/g, '/'],
  [/[−–]/g, '-'],
  [/\*\*/g, '^'],
  [/(?<=\d)\s*[x]\s*(?=\d)/gi, '*'],
  [/(?<=\d),(?=\d{3}\b)/g, ''],
];

/**
 * The value of the last arithmetic expression in a text, `null` where there is none or it has no finite value.
 * @example evaluateArithmetic('What is 17*23?') === 391
 */
export function evaluateArithmetic(text: string): number | null {
  const plain = words.reduce((current, [pattern, sign]) => current.replace(pattern, sign), text);
  const found = [...plain.matchAll(/[-(]*\d+(?:\.\d+)?(?:\s*[-+*/^()]+\s*\d+(?:\.\d+)?)+\)*/g)];
  const expression = found.filter(([candidate]) => !/^\d{4}-\d\d-\d\d$/.test(candidate)).at(-1)?.[0];
  if (!expression) return null;
  const tokens = (expression.match(/\d+(?:\.\d+)?|[-+*/^()]/g) ?? []).map((token) => (/\d/.test(token) ? Number(token) : (token as Token)));
  const value = parseSum(tokens);
  return value === null || tokens.length > 0 || !Number.isFinite(value) ? null : Math.round(value * 1e6) / 1e6;
}

function parseSum(tokens: Token[]): number | null {
  let left = parseProduct(tokens);
  while (left !== null && (tokens[0] === '+' || tokens[0] === '-')) {
    const sign = tokens.shift();
    const right = parseProduct(tokens);
    left = right === null ? null : sign === '+' ? left + right : left - right;
  }
  return left;
}

function parseProduct(tokens: Token[]): number | null {
  let left = parsePower(tokens);
  while (left !== null && (tokens[0] === '*' || tokens[0] === '/')) {
    const sign = tokens.shift();
    const right = parsePower(tokens);
    left = right === null ? null : sign === '*' ? left * right : left / right;
  }
  return left;
}

function parsePower(tokens: Token[]): number | null {
  const base = parseAtom(tokens);
  if (base === null || tokens[0] !== '^') return base;
  tokens.shift();
  const exponent = parsePower(tokens);
  return exponent === null ? null : base ** exponent;
}

function parseAtom(tokens: Token[]): number | null {
  const token = tokens.shift();
  if (typeof token === 'number') return token;
  if (token === '-') {
    const value = parseAtom(tokens);
    return value === null ? null : -value;
  }
  if (token !== '(') return null;
  const value = parseSum(tokens);
  return tokens.shift() === ')' ? value : null;
}
