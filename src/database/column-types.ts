import type { ValueTransformer } from 'typeorm';

/** `bigint` and `numeric` columns arrive as strings; all of ours fit a safe integer (nano-USD: 9 million dollars). */
export const safeInteger: ValueTransformer = {
  to: (value: number | null | undefined) => value,
  from: (value: string | null) => {
    if (value === null) return null;
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new RangeError(`Column value ${value} is not a safe integer.`);
    return number;
  },
};

/** `numeric` columns of a few digits, such as multipliers. */
export const decimal: ValueTransformer = {
  to: (value: number | null | undefined) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};
