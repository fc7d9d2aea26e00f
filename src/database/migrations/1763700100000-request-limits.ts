import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counters of requests per minute, shared by the apis. Unlogged: they may be lost with a crash, and a limited request waits for no flush. */
export class RequestLimits1763700100000 implements MigrationInterface {
  name = 'RequestLimits1763700100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE UNLOGGED TABLE "request_limits" ("key" text NOT NULL, "points" integer NOT NULL DEFAULT '0', "expire" bigint, CONSTRAINT "request_limits_pkey" PRIMARY KEY ("key"))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE "request_limits"`);
  }
}
