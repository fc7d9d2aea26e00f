/** A number in [0, 1) that depends on the parts alone: equal parts give the equal number in any process (FNV-1a with Murmur's finish). */
export function seededUnit(...parts: (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    const text = String(part);
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ 0x1f, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** One entry of a list, chosen by `seededUnit` of the parts. */
export function seededChoice<T>(list: readonly T[], ...parts: (string | number)[]): T {
  const chosen = list[Math.floor(seededUnit(...parts) * list.length)];
  if (chosen === undefined) throw new Error('seededChoice needs a list with at least one entry.');
  return chosen;
}
