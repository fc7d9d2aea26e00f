const mapMark = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,';

/**
 * A workflow bundle in a third of the memory: every worker of a process and every workflow thread keeps it as one string, which takes two bytes a character for all of them where a single one
 * is beyond U+00FF. Those are escaped (they stand in texts and comments, and mean the same there; behind a backslash they would not, and stay), and the source map loses the sources' texts: places in stack traces stay.
 * Throws where the bundle does not end with its map.
 */
export function compactBundle(bundle: string): string {
  const at = bundle.lastIndexOf(mapMark);
  if (at < 0) throw new Error('The workflow bundle has no source map at its end: the Temporal SDK writes it in another way now, so compact-bundle.ts must be adapted.');
  const { sourcesContent: _texts, ...map } = JSON.parse(Buffer.from(bundle.slice(at + mapMark.length), 'base64').toString()) as Record<string, unknown>;
  return `${escaped(bundle.slice(0, at))}${mapMark}${Buffer.from(JSON.stringify(map)).toString('base64')}\n`;
}

function escaped(code: string): string {
  return code.replaceAll(/(?<!\\)[\u0100-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
