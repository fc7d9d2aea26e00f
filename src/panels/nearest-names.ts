/** Up to `limit` names nearest to `name` by edit distance, nearest first; only those within a third of its length (at least 3 edits), ties by name. */
export function nearestNames(name: string, known: readonly string[], limit = 3): string[] {
  const wanted = name.toLowerCase();
  const furthest = Math.max(3, Math.floor(wanted.length / 3));
  return [...new Set(known)]
    .map((candidate) => ({ candidate, distance: editDistance(wanted, nearerForm(wanted, candidate.toLowerCase())) }))
    .filter(({ distance }) => distance <= furthest)
    .sort((left, right) => left.distance - right.distance || left.candidate.localeCompare(right.candidate, 'en'))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

// `gpt-4o-mni` is near `openai/gpt-4o-mini` though the prefix is missing.
function nearerForm(wanted: string, candidate: string): string {
  return wanted.includes('/') ? candidate : candidate.slice(candidate.lastIndexOf('/') + 1);
}

/** Levenshtein's distance in UTF-16 code units, in O(length × length) time and one row of memory. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
