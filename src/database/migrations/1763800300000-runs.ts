import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Benchmark runs, their benchmarks and samples. */
export class Runs1763800300000 implements MigrationInterface {
  name = 'Runs1763800300000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "runs" ("id" text NOT NULL, "caller" text NOT NULL, "idempotency_key" text, "body_hash" text NOT NULL, "status" text NOT NULL, "reason" jsonb, "provider" text NOT NULL, "model" text NOT NULL, "plan" jsonb NOT NULL, "mode" text NOT NULL, "subset" jsonb NOT NULL, "epochs" integer NOT NULL, "concurrency" integer NOT NULL, "budget_id" text, "judge" jsonb, "config" jsonb NOT NULL, "tags" text array NOT NULL DEFAULT '{}', "metadata" jsonb NOT NULL, "price_snapshot" jsonb NOT NULL, "code_version" text NOT NULL, "simulated" boolean NOT NULL, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "started_at" TIMESTAMP WITH TIME ZONE, "cancel_requested_at" TIMESTAMP WITH TIME ZONE, "finished_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "runs_mode" CHECK ("mode" IN ('batch', 'realtime')), CONSTRAINT "runs_status" CHECK ("status" IN ('queued', 'running', 'paused', 'succeeded', 'failed', 'canceled')), CONSTRAINT "runs_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE INDEX "runs_active" ON "runs" ("created_at") WHERE "status" NOT IN ('succeeded', 'failed', 'canceled')`);
    await runner.query(`CREATE INDEX "runs_created" ON "runs" ("created_at", "id")`);
    await runner.query(`CREATE INDEX "runs_caller_created" ON "runs" ("caller", "created_at", "id")`);
    await runner.query(`CREATE UNIQUE INDEX "runs_idempotency" ON "runs" ("caller", "idempotency_key") WHERE "idempotency_key" IS NOT NULL`);
    await runner.query(`CREATE TABLE "run_benchmarks" ("run_id" text NOT NULL, "benchmark" text NOT NULL, "position" integer NOT NULL, "status" text NOT NULL, "reason" jsonb, "sample_count" integer, "scorer_version" text, "manifest" jsonb, "prompt_hash" text, "batch_id" text, "started_at" TIMESTAMP WITH TIME ZONE, "finished_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "run_benchmarks_status" CHECK ("status" IN ('pending', 'running', 'succeeded', 'failed', 'skipped', 'needs_setup')), CONSTRAINT "run_benchmarks_pkey" PRIMARY KEY ("run_id", "benchmark"))`);
    await runner.query(`CREATE TABLE "run_samples" ("id" text NOT NULL, "run_id" text NOT NULL, "benchmark" text NOT NULL, "ordinal" integer NOT NULL, "item_id" text NOT NULL, "epoch" integer NOT NULL, "item" jsonb NOT NULL, "order" jsonb, "expected" text NOT NULL, "request" jsonb NOT NULL, "status" text NOT NULL, "answer" text, "finish_reason" text, "decision" jsonb, "verdict" text, "score" double precision, "extracted" text, "also" jsonb, "scorer_version" text, "latency_ms" integer, "token_changes" jsonb, "failure" jsonb, "attempt" integer NOT NULL DEFAULT '0', "finished_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "run_samples_status" CHECK ("status" IN ('pending', 'done', 'error', 'canceled')), CONSTRAINT "run_samples_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE INDEX "run_samples_pending" ON "run_samples" ("run_id", "benchmark", "ordinal") WHERE "status" = 'pending'`);
    await runner.query(`CREATE UNIQUE INDEX "run_samples_order" ON "run_samples" ("run_id", "benchmark", "ordinal")`);
    await runner.query(`CREATE UNIQUE INDEX "run_samples_once" ON "run_samples" ("run_id", "benchmark", "item_id", "epoch")`);
    await runner.query(`ALTER TABLE "runs" ADD CONSTRAINT "runs_budget_id_fkey" FOREIGN KEY ("budget_id") REFERENCES "budgets"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "run_benchmarks" ADD CONSTRAINT "run_benchmarks_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "run_samples" ADD CONSTRAINT "run_samples_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "run_samples" DROP CONSTRAINT "run_samples_run_id_fkey"`);
    await runner.query(`ALTER TABLE "run_benchmarks" DROP CONSTRAINT "run_benchmarks_run_id_fkey"`);
    await runner.query(`ALTER TABLE "runs" DROP CONSTRAINT "runs_budget_id_fkey"`);
    await runner.query(`DROP INDEX "public"."run_samples_once"`);
    await runner.query(`DROP INDEX "public"."run_samples_order"`);
    await runner.query(`DROP INDEX "public"."run_samples_pending"`);
    await runner.query(`DROP TABLE "run_samples"`);
    await runner.query(`DROP TABLE "run_benchmarks"`);
    await runner.query(`DROP INDEX "public"."runs_idempotency"`);
    await runner.query(`DROP INDEX "public"."runs_caller_created"`);
    await runner.query(`DROP INDEX "public"."runs_created"`);
    await runner.query(`DROP INDEX "public"."runs_active"`);
    await runner.query(`DROP TABLE "runs"`);
  }
}
