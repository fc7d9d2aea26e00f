import { searchAttributeNames } from '../temporal/search-attributes.js';

/**
 * Settings of the dev server, as values of its dynamic configuration. It has one history shard, whose queues are polled 20 times a second by default: a step of 50 ms at each
 * hand-over. Eager execution hands an activity to the worker that scheduled it and halves the server's work.
 */
export const temporalDynamicConfig: Record<string, boolean | number> = {
  'history.transferProcessorMaxPollRPS': 5000,
  'history.transferProcessorMaxPollHostRPS': 5000,
  'history.timerProcessorMaxPollRPS': 5000,
  'history.visibilityProcessorMaxPollRPS': 5000,
  'system.enableActivityEagerExecution': true,
  'system.enableEagerWorkflowStart': true,
};

/** Arguments of `temporal` for an embedded server on loopback; `databaseFile` null keeps everything in memory. It registers the namespace where it is new, and `default` always. */
export function temporalServerArguments(options: { databaseFile: string | null; namespace: string; port: number; uiPort: number | null }): string[] {
  return [
    'server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port), '--log-level', 'warn', '--log-format', 'text', '--namespace', options.namespace,
    ...(options.uiPort === null ? ['--headless'] : ['--ui-port', String(options.uiPort)]),
    // The write-ahead log without a sync per commit survives the death of the process; a power cut may cost the last commits.
    ...(options.databaseFile === null ? [] : ['--db-filename', options.databaseFile, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL']),
    ...Object.entries(temporalDynamicConfig).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${String(value)}`]),
    ...searchAttributeNames.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
}
