import type { QueryResult, QueryResultRow } from 'pg';

/** One SQL statement; with a `name` its plan is prepared once per connection. */
export interface Statement {
  name?: string;
  text: string;
  values?: unknown[];
}

/** What hot paths need of Postgres: a pool or one client of `pg`. Everything else goes through TypeORM. */
export interface Sql {
  query<Row extends QueryResultRow = QueryResultRow>(statement: Statement): Promise<QueryResult<Row>>;
}
