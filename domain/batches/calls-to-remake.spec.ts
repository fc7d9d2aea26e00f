import { expect, it } from '@jest/globals';
import type { BatchCallStatus } from './batch-status.js';
import { callsToRemake } from './calls-to-remake.js';

const remade = (calls: Record<string, BatchCallStatus>) => callsToRemake(Object.entries(calls).map(([key, status]) => ({ id: key, key, status })));

it('makes the failed calls of the stage that was reached anew', () => {
  expect(remade({ 'answer/0/0/0': 'failed' })).toEqual(['answer/0/0/0']);
  expect(remade({ 'propose/0/0/0': 'succeeded', 'propose/0/1/0': 'failed', 'propose/0/2/0': 'failed' })).toEqual(['propose/0/1/0', 'propose/0/2/0']);
  expect(remade({ 'answer/0/0/0': 'succeeded', 'answer/0/0/1': 'failed' })).toEqual(['answer/0/0/1']);
});

it('leaves a failed call alone on whose absence later ones were built', () => {
  expect(remade({ 'propose/0/0/0': 'succeeded', 'propose/0/1/0': 'failed', 'review/0/0/0': 'succeeded', 'review/0/1/0': 'failed', 'repair/0/0/0': 'succeeded' })).toEqual(['review/0/1/0']);
  expect(remade({ 'propose/0/0/0': 'failed', 'propose/0/1/0': 'succeeded', 'propose/1/0/0': 'failed', 'propose/1/1/0': 'succeeded' })).toEqual(['propose/1/0/0']);
  expect(remade({ 'propose/0/0/0': 'succeeded', 'review/0/0/0': 'failed', 'chairman/0/0/0': 'failed', 'repair/1/1/0': 'failed' })).toEqual(['chairman/0/0/0', 'repair/1/1/0']);
});

it('judges seats that are panels by their own stages', () => {
  const seat = 'propose/0/1/0:';
  expect(remade({ 'propose/0/0/0': 'failed', [`${seat}propose/0/0/0`]: 'failed', [`${seat}propose/0/1/0`]: 'succeeded', [`${seat}vote/0/1/0`]: 'failed' })).toEqual(['propose/0/0/0', `${seat}vote/0/1/0`]);
  expect(remade({ [`${seat}vote/0/1/0`]: 'failed', 'review/0/0/0': 'succeeded' })).toEqual([]);
});
