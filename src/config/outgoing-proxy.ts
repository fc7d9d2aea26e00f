/** The proxy that outgoing HTTP goes through, in the words of undici's `EnvHttpProxyAgent`. */
export interface OutgoingProxy {
  httpProxy?: string;
  httpsProxy?: string;
  /** Hosts reached directly, separated by commas; this machine is always among them. */
  noProxy: string;
}

/**
 * The proxy that `HTTPS_PROXY` and `HTTP_PROXY` name, without the hosts of `NO_PROXY`; null: none is named. Lower-case names win, as in curl. This
 * machine is never asked for through a proxy, so that a simulated provider or an Ollama here stays within reach.
 */
export function outgoingProxy(environment: NodeJS.ProcessEnv): OutgoingProxy | null {
  const read = (name: string): string | undefined => [environment[name.toLowerCase()], environment[name]].map((value) => value?.trim()).find((value) => value !== undefined && value !== '');
  const httpProxy = read('HTTP_PROXY');
  const httpsProxy = read('HTTPS_PROXY');
  if (httpProxy === undefined && httpsProxy === undefined) return null;
  const direct = read('NO_PROXY');
  const noProxy = direct === '*' ? '*' : ['localhost', '127.0.0.1', '[::1]', ...(direct === undefined ? [] : [direct])].join(',');
  return { ...(httpProxy !== undefined && { httpProxy }), ...(httpsProxy !== undefined && { httpsProxy }), noProxy };
}
