/** The pinned release of Temporal's CLI: Server 1.29.1, Web UI 2.42.1. Later ones (1.9.1) do not build as a Go tool, since a nested module of theirs is published nowhere. */
export const temporalVersion = '1.5.1';

const releases: Partial<Record<string, { platform: string; sha256: string }>> = {
  'linux-x64': { platform: 'linux_amd64', sha256: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d' },
  'linux-arm64': { platform: 'linux_arm64', sha256: 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5' },
  'darwin-x64': { platform: 'darwin_amd64', sha256: 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9' },
  'darwin-arm64': { platform: 'darwin_arm64', sha256: 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415' },
};

/** Address and sha256 of the release's archive for a machine; null where no checksum is pinned. */
export function temporalRelease(platform: string, architecture: string): { url: string; sha256: string } | null {
  const release = releases[`${platform}-${architecture}`];
  if (!release) return null;
  const url = `https://github.com/temporalio/cli/releases/download/v${temporalVersion}/temporal_cli_${temporalVersion}_${release.platform}.tar.gz`;
  return { url, sha256: release.sha256 };
}
