import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Config } from '../config/config.js';
import { loadConfig } from '../config/config.js';
import { packageRoot } from '../supervisor/package-root.js';
import type { Finding } from './finding.js';
import { checkAccess, checkCallLog, checkHome, checkPorts, checkPostgres, checkTemporal } from './doctor-checks.js';
import { checkProviders } from './provider-checks.js';

const marks = { good: ['✓', 'green'], note: ['·', 'yellow'], missing: ['✗', 'red'] } as const;

/** Prints what is found, what is missing and what to do; returns 1 where something has to be done before it can start. */
export async function doctorCommand(): Promise<number> {
  const findings: Finding[] = [checkNode(), checkBuild()];
  const config = readConfig(findings);
  if (config) findings.push(...(await checkProviders(config)), ...checkHome(config), ...(await checkPostgres(config)), ...(await checkTemporal(config)), ...(await checkPorts(config)), ...checkAccess(config), ...checkCallLog(config));
  for (const finding of findings) {
    const [mark, colour] = marks[finding.is];
    console.log(`${process.stdout.isTTY ? styleText(colour, mark) : mark} ${finding.subject.padEnd(16)} ${finding.found}`);
    if (finding.advice !== undefined) console.log(`${' '.repeat(19)}→ ${finding.advice}`);
  }
  const missing = findings.filter((finding) => finding.is === 'missing').length;
  console.log(missing === 0 ? '\nEverything that is needed is there.' : `\n${String(missing)} of these must be mended before it can start.`);
  return missing === 0 ? 0 : 1;
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > 20 || (major === 20 && minor >= 19);
  if (!isNewEnough) return { subject: 'Node', is: 'missing', found: process.version, advice: 'Install Node 24 LTS (20.19 at least): https://nodejs.org' };
  return { subject: 'Node', is: major >= 24 ? 'good' : 'note', found: `${process.version} (${process.execPath})${major < 22 ? '; works, 24 LTS is recommended' : ''}` };
}

function checkBuild(): Finding {
  const bundle = join(packageRoot(), 'dist', 'workflow-bundle.js');
  return existsSync(bundle) ? { subject: 'Build', is: 'good', found: join(packageRoot(), 'dist') } : { subject: 'Build', is: 'missing', found: `${bundle} does not exist`, advice: 'Run "npm run build", or "npm start", which builds what is missing.' };
}

function readConfig(findings: Finding[]): Config | null {
  try {
    const config = loadConfig();
    findings.push({ subject: 'Configuration', is: 'good', found: config.filePath ?? 'environment and .env; no conclave.yaml' });
    return config;
  } catch (error) {
    findings.push({ subject: 'Configuration', is: 'missing', found: error instanceof Error ? error.message : String(error) });
    return null;
  }
}
