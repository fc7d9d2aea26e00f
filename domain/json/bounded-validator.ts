import { dereference, validate } from '@cfworker/json-schema';
import type { OutputUnit, Schema, ValidationResult } from '@cfworker/json-schema';
import { boundedSchema } from '../ballots/bounded-schema.js';

/** Parts of a schema tried on parts of an answer, altogether: about half a second. */
const mostChecks = 300_000;
/** Steps of regular expressions, altogether and at worst; beyond them patterns are not tried. */
const mostSteps = 200_000_000;
/** Characters of an answer up to which `uniqueItems` is checked. */
const longestUnique = 20_000;
/** Characters of answer × schema up to which every fault is told: each is told with the part of the schema that it misses. */
const mostTold = 20_000_000;

/** An answer that takes more than `mostChecks` to hold against its schema. */
export class TooManyChecks extends Error {}

/** A schema that can't be held against anything, such as one with an unresolvable `$ref`. */
export class UnusableSchema extends Error {}

/**
 * A client's JSON Schema (2020-12), ready to hold an answer of `characters` against: all that one instance is asked shares one budget, whatever schema and answer are (see
 * `boundedSchema`). The constructor and all methods throw `UnusableSchema`, `TooManyChecks`, or a `RangeError` where value or schema are nested too deeply.
 */
export class BoundedValidator {
  /** A copy of the schema; parts of it may be given to the methods. */
  readonly root: Record<string, unknown>;
  private readonly parts: ReturnType<typeof dereference>;
  private checks = 0;
  private steps = 0;

  constructor(
    schema: Record<string, unknown>,
    private readonly characters: number,
  ) {
    const spend = (more: number) => (this.steps += more) <= mostSteps;
    this.root = boundedSchema(schema, { withUniqueItems: characters <= longestUnique, onCheck: () => this.count(), spend });
    this.parts = orUnusable(() => dereference(this.root));
  }

  /** What is wrong with a value, each fault before those further in that it is made of: only the first of several beside each other. */
  firstErrorsOf(value: unknown): OutputUnit[] {
    return this.validate(value, this.root, { all: false }).errors;
  }

  /** The same for all faults of a value; only the first ones where telling all would take long. */
  errorsOf(value: unknown): OutputUnit[] {
    if (this.characters * JSON.stringify(this.root).length > mostTold) return this.firstErrorsOf(value);
    return this.validate(value, this.root, { all: true }).errors;
  }

  /** Whether a value follows a part of the schema. */
  isValid(value: unknown, part: unknown = this.root): boolean {
    return this.validate(value, part, { all: false }).valid;
  }

  /** What the `$ref` of a part points to; undefined where it has none or it leads nowhere. */
  target(part: Record<string, unknown>): unknown {
    const address = part.__absolute_ref__ ?? part.$ref;
    return typeof address === 'string' ? this.parts[address] : undefined;
  }

  /** Counts one more part that was tried, by whom it may be. */
  count(): void {
    this.checks += 1;
    if (this.checks > mostChecks) throw new TooManyChecks();
  }
  private validate(value: unknown, part: unknown, { all }: { all: boolean }): ValidationResult {
    // What is no schema, the validator refuses.
    return orUnusable(() => validate(value, part as Schema, '2020-12', this.parts, !all));
  }
}

function orUnusable<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    // By name, as the sandbox of workflows has a RangeError of its own.
    if (error instanceof TooManyChecks || (error instanceof Error && error.name === 'RangeError')) throw error;
    throw new UnusableSchema('The schema can not be used.', { cause: error });
  }
}
