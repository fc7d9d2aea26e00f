import { InvalidArgumentError } from 'commander';
import { parseDuration } from './duration.js';

/** An option's number, not negative. */
export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('write a number that is not negative.');
  return value;
};

/** An option's whole number, from 1. */
export const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('write a positive whole number.');
  return value;
};

/** An option's duration, in milliseconds. */
export const time = (text: string): number => {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
};
