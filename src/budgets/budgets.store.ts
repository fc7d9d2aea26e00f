import type { Sql } from '../database/sql.js';

/** What something costs or may cost. */
export interface Spending {
  nanoUsd: number;
  /** Input and output together. */
  tokens: number;
}

/** Caps of a budget; null: none. */
export interface BudgetCaps {
  nanoUsd: number | null;
  tokens: number | null;
}

/** A budget as it stands. */
export interface BudgetStanding {
  id: string;
  caps: BudgetCaps;
  reserved: Spending;
  spent: Spending;
}

/**
 * Caps on spending, shared by everybody who spends. Each method is one SQL statement and may be repeated. A transaction's client as `sql` makes a reservation part of that transaction:
 * what is reserved for a job exists exactly if the job does.
 */
export class BudgetsStore {
  constructor(private readonly sql: Sql) {}

  /** Makes a budget; one that exists keeps what it has. */
  async create(id: string, caps: BudgetCaps): Promise<void> {
    const text = 'INSERT INTO budgets (id, cost_cap_nano_usd, token_cap) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING';
    await this.sql.query({ name: 'budget-create', text, values: [id, caps.nanoUsd, caps.tokens] });
  }

  /** Sets so much aside for what `key` names, once; false: it does not fit under the caps, or there is no such budget. Reserved and spent never pass a cap by this. */
  async reserve(budgetId: string, key: string, { nanoUsd, tokens }: Spending): Promise<boolean> {
    const { rows } = await this.sql.query<{ reserved: boolean }>({ name: 'budget-reserve', text: reserveText, values: [budgetId, key, nanoUsd, tokens] });
    return rows[0]?.reserved === true || this.isReserved(budgetId, key);
  }

  /**
   * Replaces what was set aside for `key` by what it cost, once; null: nobody knows, so all that was set aside counts. False: nothing was set aside, or it is settled. What the caps say
   * does not matter: it is spent.
   */
  async settle(budgetId: string, key: string, spent: Spending | null): Promise<boolean> {
    const { rowCount } = await this.sql.query({ name: 'budget-settle', text: settleText, values: [budgetId, key, spent?.nanoUsd ?? null, spent?.tokens ?? null] });
    return rowCount === 1;
  }

  /** Gives up what is still set aside under keys that begin so (missing: under all): their owner spends nothing more. What others set aside under the same budget stays. */
  async release(budgetId: string, keyPrefix = ''): Promise<void> {
    await this.sql.query({ text: releaseText, values: [budgetId, keyPrefix] });
  }

  /** Raises the caps to these where they are higher than the present ones; a missing one is left as it is, and what has no cap gets none. Returns the budget, null where there is none. */
  async raise(id: string, caps: { nanoUsd?: number; tokens?: number }): Promise<BudgetStanding | null> {
    const text = `UPDATE budgets SET ${raisedCaps('$2', '$3')} WHERE id = $1 RETURNING ${standingColumns}`;
    return this.standing({ name: 'budget-raise', text, values: [id, caps.nanoUsd ?? null, caps.tokens ?? null] });
  }

  /** The budget as it stands; null: there is none. */
  async read(id: string): Promise<BudgetStanding | null> {
    return this.standing({ name: 'budget-read', text: `SELECT ${standingColumns} FROM budgets WHERE id = $1`, values: [id] });
  }

  // A reservation that another attempt made while this one waited for the row is not in this one's snapshot.
  private async isReserved(budgetId: string, key: string): Promise<boolean> {
    const { rowCount } = await this.sql.query({ name: 'budget-reserved', text: 'SELECT FROM budget_reservations WHERE budget_id = $1 AND key = $2', values: [budgetId, key] });
    return rowCount === 1;
  }

  private async standing(statement: { name: string; text: string; values: unknown[] }): Promise<BudgetStanding | null> {
    const { rows } = await this.sql.query<StandingRow>(statement);
    const row = rows[0];
    if (!row) return null;
    return {
      id: row.id,
      caps: { nanoUsd: row.cost_cap_nano_usd === null ? null : Number(row.cost_cap_nano_usd), tokens: row.token_cap === null ? null : Number(row.token_cap) },
      reserved: { nanoUsd: Number(row.reserved_nano_usd), tokens: Number(row.reserved_tokens) },
      spent: { nanoUsd: Number(row.spent_nano_usd), tokens: Number(row.spent_tokens) },
    };
  }
}

/** Assignments of an UPDATE of budgets that raises their caps to these parameters. greatest() passes over NULL, and what has no cap gets none. */
export function raisedCaps(nanoUsd: string, tokens: string): string {
  return `cost_cap_nano_usd = CASE WHEN cost_cap_nano_usd IS NOT NULL THEN greatest(cost_cap_nano_usd, ${nanoUsd}::bigint) END,
  token_cap = CASE WHEN token_cap IS NOT NULL THEN greatest(token_cap, ${tokens}::bigint) END`;
}

const standingColumns = 'id, cost_cap_nano_usd, token_cap, reserved_nano_usd, reserved_tokens, spent_nano_usd, spent_tokens';

interface StandingRow {
  id: string;
  cost_cap_nano_usd: string | null;
  token_cap: string | null;
  reserved_nano_usd: string;
  reserved_tokens: string;
  spent_nano_usd: string;
  spent_tokens: string;
}

// The budget's row is locked before it is read, so that everybody sees what the one before reserved. The insert sees reservations that are younger than the snapshot.
const reserveText = `
WITH budget AS MATERIALIZED (
  SELECT id, reserved_nano_usd, spent_nano_usd, reserved_tokens, spent_tokens, cost_cap_nano_usd, token_cap FROM budgets WHERE id = $1 FOR UPDATE
), entered AS (
  INSERT INTO budget_reservations (budget_id, key, nano_usd, tokens)
  SELECT id, $2, $3::bigint, $4::bigint FROM budget
  WHERE (cost_cap_nano_usd IS NULL OR reserved_nano_usd + spent_nano_usd + $3::bigint <= cost_cap_nano_usd) AND (token_cap IS NULL OR reserved_tokens + spent_tokens + $4::bigint <= token_cap)
  ON CONFLICT (budget_id, key) DO NOTHING
  RETURNING budget_id, nano_usd, tokens
), taken AS (
  UPDATE budgets SET reserved_nano_usd = budgets.reserved_nano_usd + entered.nano_usd, reserved_tokens = budgets.reserved_tokens + entered.tokens
  FROM entered WHERE budgets.id = entered.budget_id
  RETURNING budgets.id
)
SELECT EXISTS (SELECT FROM taken) AS reserved`;

const settleText = `
WITH settled AS (
  UPDATE budget_reservations SET settled_at = now() WHERE budget_id = $1 AND key = $2 AND settled_at IS NULL RETURNING budget_id, nano_usd, tokens
)
UPDATE budgets SET reserved_nano_usd = reserved_nano_usd - settled.nano_usd, spent_nano_usd = spent_nano_usd + coalesce($3::bigint, settled.nano_usd),
  reserved_tokens = reserved_tokens - settled.tokens, spent_tokens = spent_tokens + coalesce($4::bigint, settled.tokens)
FROM settled WHERE budgets.id = settled.budget_id`;

const releaseText = `
WITH given_up AS (
  UPDATE budget_reservations SET settled_at = now() WHERE budget_id = $1 AND starts_with(key, $2) AND settled_at IS NULL RETURNING nano_usd, tokens
), sums AS (
  SELECT coalesce(sum(nano_usd), 0) AS nano_usd, coalesce(sum(tokens), 0) AS tokens FROM given_up
)
UPDATE budgets SET reserved_nano_usd = reserved_nano_usd - sums.nano_usd, reserved_tokens = reserved_tokens - sums.tokens FROM sums WHERE budgets.id = $1`;
