import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Batches with their items, calls and provider jobs; files; budgets. Calls may belong to a batch or a run, so the foreign key to completions goes. */
export class Batches1763800000000 implements MigrationInterface {
  name = 'Batches1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "calls" DROP CONSTRAINT "calls_completion_id_fkey"`);
    await runner.query(`CREATE TABLE "budgets" ("id" text NOT NULL, "cost_cap_nano_usd" bigint, "token_cap" bigint, "reserved_nano_usd" bigint NOT NULL DEFAULT '0', "spent_nano_usd" bigint NOT NULL DEFAULT '0', "reserved_tokens" bigint NOT NULL DEFAULT '0', "spent_tokens" bigint NOT NULL DEFAULT '0', "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "budgets_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE TABLE "files" ("id" text NOT NULL, "caller" text NOT NULL, "purpose" text NOT NULL, "filename" text NOT NULL, "status" text NOT NULL, "bytes" bigint NOT NULL DEFAULT '0', "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "files_status" CHECK ("status" IN ('uploading', 'processed')), CONSTRAINT "files_purpose" CHECK ("purpose" IN ('batch', 'batch_output')), CONSTRAINT "files_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE INDEX "files_uploading" ON "files" ("created_at") WHERE "status" = 'uploading'`);
    await runner.query(`CREATE INDEX "files_caller_created" ON "files" ("caller", "created_at", "id")`);
    await runner.query(`CREATE TABLE "batches" ("id" text NOT NULL, "caller" text NOT NULL, "idempotency_key" text, "body_hash" text NOT NULL, "interface" text NOT NULL, "status" text NOT NULL, "reason" jsonb, "mode" text NOT NULL, "next_mode" text, "defaults" jsonb NOT NULL, "options" jsonb NOT NULL, "metadata" jsonb NOT NULL, "tags" text array NOT NULL DEFAULT '{}', "input_file_id" text NOT NULL, "output_file_id" text, "error_file_id" text, "input_faults" jsonb, "budget_id" text, "item_count" integer, "simulated" boolean NOT NULL, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "started_at" TIMESTAMP WITH TIME ZONE, "cancel_requested_at" TIMESTAMP WITH TIME ZONE, "finished_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "batches_mode" CHECK ("mode" IN ('batch', 'realtime')), CONSTRAINT "batches_status" CHECK ("status" IN ('pending', 'submitting', 'submitted', 'running', 'collecting', 'paused', 'completed', 'failed', 'canceled')), CONSTRAINT "batches_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE INDEX "batches_active" ON "batches" ("created_at") WHERE "status" NOT IN ('completed', 'failed', 'canceled')`);
    await runner.query(`CREATE INDEX "batches_created" ON "batches" ("created_at", "id")`);
    await runner.query(`CREATE INDEX "batches_caller_created" ON "batches" ("caller", "created_at", "id")`);
    await runner.query(`CREATE UNIQUE INDEX "batches_idempotency" ON "batches" ("caller", "idempotency_key") WHERE "idempotency_key" IS NOT NULL`);
    await runner.query(`CREATE TABLE "batch_items" ("id" text NOT NULL, "batch_id" text NOT NULL, "ordinal" integer NOT NULL, "custom_id" text NOT NULL, "model" text NOT NULL, "plan_hash" text NOT NULL, "seed" bigint NOT NULL, "request" jsonb NOT NULL, "status" text NOT NULL, "decision" jsonb, "output" jsonb, "validation_attempt" integer NOT NULL DEFAULT '0', "failure" jsonb, "finished_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "batch_items_status" CHECK ("status" IN ('pending', 'succeeded', 'failed', 'canceled')), CONSTRAINT "batch_items_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE INDEX "batch_items_pending" ON "batch_items" ("batch_id", "ordinal") WHERE "status" = 'pending'`);
    await runner.query(`CREATE UNIQUE INDEX "batch_items_ordinal" ON "batch_items" ("batch_id", "ordinal")`);
    await runner.query(`CREATE UNIQUE INDEX "batch_items_custom_id" ON "batch_items" ("batch_id", "custom_id")`);
    await runner.query(`CREATE TABLE "provider_jobs" ("id" text NOT NULL, "batch_id" text NOT NULL, "round" integer NOT NULL, "mode" text NOT NULL, "provider" text NOT NULL, "model" text NOT NULL, "endpoint" text NOT NULL, "status" text NOT NULL, "reason" jsonb, "line_count" integer NOT NULL, "byte_count" bigint NOT NULL DEFAULT '0', "estimated_input_tokens" bigint NOT NULL DEFAULT '0', "input_reference" text, "reference" text, "last_status" jsonb, "poll_count" integer NOT NULL DEFAULT '0', "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "create_started_at" TIMESTAMP WITH TIME ZONE, "submitted_at" TIMESTAMP WITH TIME ZONE, "ended_at" TIMESTAMP WITH TIME ZONE, "collected_at" TIMESTAMP WITH TIME ZONE, "orphaned_count" integer NOT NULL DEFAULT '0', "duplicated_count" integer NOT NULL DEFAULT '0', CONSTRAINT "provider_jobs_mode" CHECK ("mode" IN ('batch', 'realtime')), CONSTRAINT "provider_jobs_status" CHECK ("status" IN ('planned', 'creating', 'running', 'ended', 'collected', 'failed', 'canceled')), CONSTRAINT "provider_jobs_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE UNIQUE INDEX "provider_jobs_reference" ON "provider_jobs" ("provider", "reference") WHERE "reference" IS NOT NULL`);
    await runner.query(`CREATE INDEX "provider_jobs_inflight" ON "provider_jobs" ("provider") WHERE "mode" = 'batch' AND "status" IN ('creating', 'running')`);
    await runner.query(`CREATE INDEX "provider_jobs_batch" ON "provider_jobs" ("batch_id", "created_at", "id")`);
    await runner.query(`CREATE TABLE "batch_calls" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "batch_id" text NOT NULL, "item_id" text NOT NULL, "key" text NOT NULL, "provider" text NOT NULL, "model" text NOT NULL, "input" jsonb NOT NULL, "status" text NOT NULL, "attempt" integer NOT NULL DEFAULT '0', "realtime_only" boolean NOT NULL DEFAULT false, "job_id" text, "reserved_nano_usd" bigint, "failure" jsonb, CONSTRAINT "batch_calls_status" CHECK ("status" IN ('waiting', 'assigned', 'succeeded', 'failed', 'canceled')), CONSTRAINT "batch_calls_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE INDEX "batch_calls_batch_status" ON "batch_calls" ("batch_id", "status")`);
    await runner.query(`CREATE INDEX "batch_calls_job" ON "batch_calls" ("job_id", "id")`);
    await runner.query(`CREATE INDEX "batch_calls_waiting" ON "batch_calls" ("batch_id", "id") WHERE "status" = 'waiting'`);
    await runner.query(`CREATE UNIQUE INDEX "batch_calls_key" ON "batch_calls" ("item_id", "key")`);
    await runner.query(`CREATE TABLE "batch_plans" ("batch_id" text NOT NULL, "hash" text NOT NULL, "plan" jsonb NOT NULL, CONSTRAINT "batch_plans_pkey" PRIMARY KEY ("batch_id", "hash"))`);
    await runner.query(`CREATE TABLE "budget_reservations" ("budget_id" text NOT NULL, "key" text NOT NULL, "nano_usd" bigint NOT NULL, "tokens" bigint NOT NULL, "settled_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "budget_reservations_pkey" PRIMARY KEY ("budget_id", "key"))`);
    await runner.query(`CREATE TABLE "file_chunks" ("file_id" text NOT NULL, "index" integer NOT NULL, "bytes" bytea NOT NULL, CONSTRAINT "file_chunks_pkey" PRIMARY KEY ("file_id", "index"))`);
    await runner.query(`ALTER TABLE "calls" ADD "group_id" text`);
    await runner.query(`ALTER TABLE "calls" ADD "mode" text NOT NULL DEFAULT 'realtime'`);
    await runner.query(`CREATE INDEX "calls_group" ON "calls" ("group_id", "id") WHERE "group_id" IS NOT NULL`);
    await runner.query(`ALTER TABLE "calls" ADD CONSTRAINT "calls_mode" CHECK ("mode" IN ('batch', 'realtime'))`);
    await runner.query(`ALTER TABLE "batches" ADD CONSTRAINT "batches_input_file_id_fkey" FOREIGN KEY ("input_file_id") REFERENCES "files"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "batches" ADD CONSTRAINT "batches_budget_id_fkey" FOREIGN KEY ("budget_id") REFERENCES "budgets"("id") ON DELETE RESTRICT ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "batch_items" ADD CONSTRAINT "batch_items_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batches"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "provider_jobs" ADD CONSTRAINT "provider_jobs_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batches"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "batch_calls" ADD CONSTRAINT "batch_calls_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batches"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "batch_calls" ADD CONSTRAINT "batch_calls_item_id_fkey" FOREIGN KEY ("item_id") REFERENCES "batch_items"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "batch_calls" ADD CONSTRAINT "batch_calls_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "provider_jobs"("id") ON DELETE SET NULL ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "batch_plans" ADD CONSTRAINT "batch_plans_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batches"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "budget_reservations" ADD CONSTRAINT "budget_reservations_budget_id_fkey" FOREIGN KEY ("budget_id") REFERENCES "budgets"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "file_chunks" ADD CONSTRAINT "file_chunks_file_id_fkey" FOREIGN KEY ("file_id") REFERENCES "files"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "file_chunks" DROP CONSTRAINT "file_chunks_file_id_fkey"`);
    await runner.query(`ALTER TABLE "budget_reservations" DROP CONSTRAINT "budget_reservations_budget_id_fkey"`);
    await runner.query(`ALTER TABLE "batch_plans" DROP CONSTRAINT "batch_plans_batch_id_fkey"`);
    await runner.query(`ALTER TABLE "batch_calls" DROP CONSTRAINT "batch_calls_job_id_fkey"`);
    await runner.query(`ALTER TABLE "batch_calls" DROP CONSTRAINT "batch_calls_item_id_fkey"`);
    await runner.query(`ALTER TABLE "batch_calls" DROP CONSTRAINT "batch_calls_batch_id_fkey"`);
    await runner.query(`ALTER TABLE "provider_jobs" DROP CONSTRAINT "provider_jobs_batch_id_fkey"`);
    await runner.query(`ALTER TABLE "batch_items" DROP CONSTRAINT "batch_items_batch_id_fkey"`);
    await runner.query(`ALTER TABLE "batches" DROP CONSTRAINT "batches_budget_id_fkey"`);
    await runner.query(`ALTER TABLE "batches" DROP CONSTRAINT "batches_input_file_id_fkey"`);
    await runner.query(`ALTER TABLE "calls" DROP CONSTRAINT "calls_mode"`);
    await runner.query(`DROP INDEX "public"."calls_group"`);
    await runner.query(`ALTER TABLE "calls" DROP COLUMN "mode"`);
    await runner.query(`ALTER TABLE "calls" DROP COLUMN "group_id"`);
    await runner.query(`DROP TABLE "file_chunks"`);
    await runner.query(`DROP TABLE "budget_reservations"`);
    await runner.query(`DROP TABLE "batch_plans"`);
    await runner.query(`DROP INDEX "public"."batch_calls_key"`);
    await runner.query(`DROP INDEX "public"."batch_calls_waiting"`);
    await runner.query(`DROP INDEX "public"."batch_calls_job"`);
    await runner.query(`DROP INDEX "public"."batch_calls_batch_status"`);
    await runner.query(`DROP TABLE "batch_calls"`);
    await runner.query(`DROP INDEX "public"."provider_jobs_batch"`);
    await runner.query(`DROP INDEX "public"."provider_jobs_inflight"`);
    await runner.query(`DROP INDEX "public"."provider_jobs_reference"`);
    await runner.query(`DROP TABLE "provider_jobs"`);
    await runner.query(`DROP INDEX "public"."batch_items_custom_id"`);
    await runner.query(`DROP INDEX "public"."batch_items_ordinal"`);
    await runner.query(`DROP INDEX "public"."batch_items_pending"`);
    await runner.query(`DROP TABLE "batch_items"`);
    await runner.query(`DROP INDEX "public"."batches_idempotency"`);
    await runner.query(`DROP INDEX "public"."batches_caller_created"`);
    await runner.query(`DROP INDEX "public"."batches_created"`);
    await runner.query(`DROP INDEX "public"."batches_active"`);
    await runner.query(`DROP TABLE "batches"`);
    await runner.query(`DROP INDEX "public"."files_caller_created"`);
    await runner.query(`DROP INDEX "public"."files_uploading"`);
    await runner.query(`DROP TABLE "files"`);
    await runner.query(`DROP TABLE "budgets"`);
    await runner.query(`ALTER TABLE "calls" ADD CONSTRAINT "calls_completion_id_fkey" FOREIGN KEY ("completion_id") REFERENCES "completions"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
  }
}
