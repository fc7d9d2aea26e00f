import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which batches a file is the input of, asked before a file is deleted. */
export class BatchInputs1763800400000 implements MigrationInterface {
  name = 'BatchInputs1763800400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX "batches_input_file" ON "batches" ("input_file_id")`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "public"."batches_input_file"`);
  }
}
