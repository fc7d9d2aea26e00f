import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each caller lists its own completions, newest first. */
export class CompletionsByCaller1763700200000 implements MigrationInterface {
  name = 'CompletionsByCaller1763700200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX "completions_caller_created" ON "completions" ("caller", "created_at", "id")`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "public"."completions_caller_created"`);
  }
}
