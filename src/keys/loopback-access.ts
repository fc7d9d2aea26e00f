/** What of a request decides whether an open service answers it. */
export interface LocalRequest {
  remoteAddress: string | undefined;
  host: string | undefined;
  origin: string | undefined;
  secFetchSite: string | undefined;
  secFetchMode: string | undefined;
}

/**
 * Why a service without keys refuses a request, or null when it answers. It answers processes of its own machine that name it by a
 * loopback name (a rebound DNS name is another one), and pages it served itself; no other web page, whatever it sends.
 */
export function openAccessFault(request: LocalRequest): string | null {
  if (request.remoteAddress === undefined || !isLoopbackAddress(request.remoteAddress))
    return `The service has no API key, so it answers its own machine only; this request came from ${request.remoteAddress ?? 'nowhere'}. Create a key with "conclave keys create".`;
  if (request.host === undefined || !isLoopbackHost(hostName(request.host)))
    return `Host '${shown(request.host)}' is not a loopback name. Without an API key use 127.0.0.1 or localhost, or create a key with "conclave keys create".`;
  if (request.origin !== undefined && originHost(request.origin) !== request.host.toLowerCase())
    return `A web page of '${shown(request.origin)}' may not call a service without API keys. Create one with "conclave keys create".`;
  if (request.secFetchSite === 'cross-site' && request.secFetchMode !== 'navigate')
    return 'A web page of another site may not call a service without API keys. Create one with "conclave keys create".';
  return null;
}

/**
 * Why the api must not listen on `host`, or null when it may: anything but loopback needs an API key.
 * @example refuseToBind('0.0.0.0', false) // 'HOST is 0.0.0.0, …'
 */
export function refuseToBind(host: string, keysExist: boolean): string | null {
  if (keysExist || isLoopbackHost(host.toLowerCase())) return null;
  return (
    `HOST is '${host}', which others can reach, but there is no API key yet. ` +
    'Create one with "conclave keys create", or set CONCLAVE_BOOTSTRAP_KEY to the first key, or bind HOST=127.0.0.1.'
  );
}

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(address);
}

function isLoopbackHost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || isLoopbackAddress(name);
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '');
}

function originHost(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function shown(value: string | undefined): string {
  return (value ?? '').slice(0, 100);
}
