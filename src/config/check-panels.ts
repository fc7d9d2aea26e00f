import type { MemberInput } from '../../domain/chat/conclave-extensions.js';
import type { ConclaveFile, PanelDefinition } from './conclave-file.schema.js';

/** A panel may hold panels, and those may hold panels: two levels below the outermost, no more. */
export const maxPanelDepth = 2;

/** Faults of panels that refer to each other, to tools and to the default panel; none of them needs the registry. */
export function panelFaults(file: ConclaveFile, path: string): string[] {
  const faults = Object.keys(file.panels).flatMap((name) => walk(file, name, [name]));
  if (file.default_panel !== undefined && !(file.default_panel in file.panels))
    faults.push(`default_panel is '${file.default_panel}', which 'panels' does not define. Known panels: ${list(Object.keys(file.panels))}.`);
  for (const [name, panel] of Object.entries(file.panels)) faults.push(...strategyFaults(name, panel), ...toolFaults(file, `panels.${name}.tool_executor`, panel.tool_executor?.tools));
  faults.push(...toolFaults(file, 'default_tool_executor', file.default_tool_executor?.tools));
  return [...new Set(faults)].map((fault) => `${path}: ${fault}`);
}

/** Names of the stored panels that a panel holds directly, `panel/` taken off; `gremium-consensus` is the default panel. */
export function heldPanels(panel: PanelDefinition, defaultPanel: string | undefined): string[] {
  return [...(panel.members ?? []), ...(panel.reviewers ?? [])].flatMap((member: MemberInput) => {
    const model = typeof member === 'string' ? member : member.model;
    if (model.startsWith('panel/')) return [model.slice('panel/'.length)];
    return model.startsWith('gremium-consensus') && defaultPanel !== undefined ? [defaultPanel] : [];
  });
}

function walk(file: ConclaveFile, name: string, trail: string[]): string[] {
  const panel = file.panels[name];
  if (!panel) return [`panels.${trail.at(-2) ?? name} holds 'panel/${name}', which 'panels' does not define. Known panels: ${list(Object.keys(file.panels))}.`];
  return heldPanels(panel, file.default_panel).flatMap((held) => {
    const path = [...trail, held];
    if (trail.includes(held)) return [`panels.${trail[0] ?? name} contains itself: ${path.join(' → ')}. Take one of them out.`];
    if (path.length > maxPanelDepth + 1) return [`panels.${trail[0] ?? name} nests deeper than ${String(maxPanelDepth)}: ${path.join(' → ')}.`];
    return walk(file, held, path);
  });
}

function strategyFaults(name: string, panel: PanelDefinition): string[] {
  const faults: string[] = [];
  if (panel.reviewers && !['approve', 'rank', 'council'].includes(panel.strategy)) faults.push(`panels.${name}.reviewers: '${panel.strategy}' has no reviewers.`);
  if (panel.chairman && !['council', 'moa', 'fuse'].includes(panel.strategy)) faults.push(`panels.${name}.chairman: '${panel.strategy}' has no chairman.`);
  if (panel.strategy === 'single' && (panel.members?.length ?? 0) !== 1) faults.push(`panels.${name}.members: 'single' has exactly one member.`);
  return faults;
}

function toolFaults(file: ConclaveFile, key: string, tools: string[] | undefined): string[] {
  return (tools ?? []).filter((tool) => !(tool in file.tools)).map((tool) => `${key} names '${tool}', which 'tools' does not define. Known tools: ${list(Object.keys(file.tools))}.`);
}

function list(names: string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
