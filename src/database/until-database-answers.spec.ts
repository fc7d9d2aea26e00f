import { describe, expect, it } from '@jest/globals';
import { isDatabaseAway, untilDatabaseAnswers } from './until-database-answers.js';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

describe('untilDatabaseAnswers', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03', '08006', '28P01', '53100', '53200', '58030'])('knows %s as a database that is away', (code) => {
    expect(isDatabaseAway(withCode(code))).toBe(true);
  });

  it.each(['23505', '42703', '22P05'])('knows %s as a wrong statement', (code) => {
    expect(isDatabaseAway(withCode(code))).toBe(false);
  });

  it("knows pg's own words for a lost connection", () => {
    expect(isDatabaseAway(new Error('Connection terminated unexpectedly'))).toBe(true);
  });

  it('tries again until the database is back', async () => {
    let attempts = 0;
    const result = await untilDatabaseAnswers(() => (++attempts < 3 ? Promise.reject(withCode('ECONNREFUSED')) : Promise.resolve('row')), { patienceMs: 5_000 });
    expect([result, attempts]).toEqual(['row', 3]);
  });

  it('gives up when patience ends, and at once for other errors', async () => {
    await expect(untilDatabaseAnswers(() => Promise.reject(withCode('ECONNREFUSED')), { patienceMs: 0 })).rejects.toThrow('failed');
    let attempts = 0;
    const wrong = untilDatabaseAnswers(() => { attempts++; return Promise.reject(withCode('42703')); }, { patienceMs: 5_000 });
    await expect(wrong).rejects.toThrow('failed');
    expect(attempts).toBe(1);
  });
});
