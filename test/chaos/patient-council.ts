/** A council that waits for everybody: whoever is late because an engine was killed still counts, so that every call can be accounted for. */
export const council = { model: 'panel/three', conclave: { grace: { ratio: 10, min_ms: 30_000, max_ms: 60_000 } } };
