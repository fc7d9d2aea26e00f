import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';

/** Search attributes of Conclave's workflows, all keywords. */
export const searchAttributeNames = ['ConclaveStrategy', 'ConclavePanel', 'ConclaveModel', 'ConclaveRun'] as const;
export type SearchAttributeName = (typeof searchAttributeNames)[number];
export type SearchAttributeValues = Partial<Record<SearchAttributeName, string>>;

/** Milliseconds after which a server that has not all of them is asked again. */
const askAgainMs = 60_000;

/** Knows which of our search attributes the server has: asked once, and again after a minute while some are missing. A start with an unknown attribute would fail. */
export class RegisteredSearchAttributes {
  private known: Promise<Set<string>> | null = null;
  private askAgainAt = 0;

  constructor(private readonly client: Client) {}

  /** The values whose attributes exist, ready for a start. */
  async pick(values: SearchAttributeValues): Promise<TypedSearchAttributes> {
    const registered = await this.registered();
    const pairs: SearchAttributePair[] = [];
    for (const name of searchAttributeNames) {
      const value = values[name];
      if (value !== undefined && registered.has(name)) pairs.push({ key: defineSearchAttributeKey(name, 'KEYWORD'), value });
    }
    return new TypedSearchAttributes(pairs);
  }

  private registered(): Promise<Set<string>> {
    if (!this.known || Date.now() >= this.askAgainAt) {
      this.askAgainAt = Date.now() + askAgainMs;
      this.known = this.ask();
    }
    return this.known;
  }

  private async ask(): Promise<Set<string>> {
    try {
      const { customAttributes } = await this.client.connection.operatorService.listSearchAttributes({ namespace: this.client.options.namespace });
      const names = new Set(Object.keys(customAttributes));
      if (searchAttributeNames.every((name) => names.has(name))) this.askAgainAt = Number.POSITIVE_INFINITY;
      return names;
    } catch {
      // Not permitted (Temporal Cloud) or not reachable: completions matter more than their attributes.
      return new Set();
    }
  }
}

const registeredAttributes = new WeakMap<Client, RegisteredSearchAttributes>();

/** What is known of the server of that client. */
export function attributesOf(client: Client): RegisteredSearchAttributes {
  let registered = registeredAttributes.get(client);
  if (!registered) {
    registered = new RegisteredSearchAttributes(client);
    registeredAttributes.set(client, registered);
  }
  return registered;
}
