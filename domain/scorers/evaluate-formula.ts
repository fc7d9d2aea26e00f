import type { Formula } from './parse-formula.js';

export interface Complex {
  re: number;
  im: number;
}

const real = (re: number): Complex => ({ re, im: 0 });

/**
 * The value of a formula at the `point`-th choice of values for its names, which is the same for equal names in any formula; null where it has none that a double can hold. `i` is the imaginary
 * unit, `pi` the circle number. Time is linear in the formula.
 */
export function evaluateFormula(formula: Formula, point: number): Complex | null {
  const value = evaluate(formula, point);
  return value && Number.isFinite(value.re) && Number.isFinite(value.im) ? value : null;
}

function evaluate(formula: Formula, point: number): Complex | null {
  switch (formula.kind) {
    case 'number':
      return real(formula.value);
    case 'name':
      return valueOfName(formula.name, point);
    case 'sum':
    case 'product': {
      let total = real(formula.kind === 'sum' ? 0 : 1);
      for (const part of formula.parts) {
        const value = evaluate(part, point);
        if (!value) return null;
        total = formula.kind === 'sum' ? { re: total.re + value.re, im: total.im + value.im } : multiply(total, value);
      }
      return total;
    }
    case 'power': {
      const [base, exponent] = [evaluate(formula.base, point), evaluate(formula.exponent, point)];
      return base && exponent && power(base, exponent);
    }
    case 'binomial': {
      const [n, k] = [evaluate(formula.n, point), evaluate(formula.k, point)];
      const [all, taken, left] = [n, k, n && k && { re: n.re - k.re, im: n.im - k.im }].map((value) => value && unary('factorial', value));
      return all && taken && left ? real(Math.round(all.re / taken.re / left.re)) : null;
    }
    case 'apply': {
      const value = evaluate(formula.of, point);
      return value && apply(formula.function, value);
    }
    default: {
      const value = evaluate(formula.of, point);
      return value && unary(formula.kind, value);
    }
  }
}

function unary(kind: 'negative' | 'inverse' | 'factorial' | 'absolute', value: Complex): Complex | null {
  if (kind === 'negative') return { re: -value.re, im: -value.im };
  if (kind === 'absolute') return real(Math.hypot(value.re, value.im));
  if (kind === 'inverse') {
    const size = value.re ** 2 + value.im ** 2;
    return size === 0 ? null : { re: value.re / size, im: -value.im / size };
  }
  // 170! is the largest that a double holds.
  if (value.im !== 0 || !Number.isInteger(value.re) || value.re < 0 || value.re > 170) return null;
  let product = 1;
  for (let factor = 2; factor <= value.re; factor += 1) product *= factor;
  return real(product);
}

function valueOfName(name: string, point: number): Complex {
  if (name === 'i') return { re: 0, im: 1 };
  if (name === 'pi') return real(Math.PI);
  if (name === 'e') return real(Math.E);
  // Any well spread values do: the fraction of a multiple of the golden ratio, by the name's code points; positive, so that roots and logarithms exist.
  let code = point * 7.31 + 1;
  for (const letter of name) code = code * 31 + (letter.codePointAt(0) ?? 0);
  const fraction = (code * 0.6180339887498949) % 1;
  return real(0.3 + 2.4 * fraction);
}

function multiply(left: Complex, right: Complex): Complex {
  return { re: left.re * right.re - left.im * right.im, im: left.re * right.im + left.im * right.re };
}

function power(base: Complex, exponent: Complex): Complex | null {
  if (base.im === 0 && exponent.im === 0 && (base.re >= 0 || Number.isInteger(exponent.re))) return real(base.re ** exponent.re);
  const size = Math.hypot(base.re, base.im);
  if (size === 0) return exponent.re > 0 ? real(0) : null;
  const [log, angle] = [Math.log(size), Math.atan2(base.im, base.re)];
  return exponential({ re: exponent.re * log - exponent.im * angle, im: exponent.re * angle + exponent.im * log });
}

function exponential(value: Complex): Complex {
  const size = Math.exp(value.re);
  return { re: size * Math.cos(value.im), im: size * Math.sin(value.im) };
}

const realFunctions: Record<string, (value: number) => number> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  cot: (value) => 1 / Math.tan(value),
  sec: (value) => 1 / Math.cos(value),
  csc: (value) => 1 / Math.sin(value),
  arcsin: Math.asin,
  arccos: Math.acos,
  arctan: Math.atan,
  ln: Math.log,
  log: Math.log,
};

function apply(name: string, value: Complex): Complex | null {
  if (name === 'sqrt') return power(value, real(0.5));
  if (name === 'exp') return exponential(value);
  const compute = realFunctions[name];
  return compute && value.im === 0 ? real(compute(value.re)) : null;
}
