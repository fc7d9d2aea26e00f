import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a benchmark was when it was run: exports of later versions, and of imported runs, must not tell what it is now and here. */
export class RunProcedures1763800850000 implements MigrationInterface {
  name = 'RunProcedures1763800850000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "run_benchmarks" ADD "procedure" jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "run_benchmarks" DROP COLUMN "procedure"`);
  }
}
