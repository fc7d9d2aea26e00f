/** What is wrong with a line of a batch's input. */
interface LineFault {
  line: number;
  custom_id: string | null;
  message: string;
}

/** Faults for a terminal, without the first, which the error itself tells: those with the same message in one line. */
export function faultLines(faults: readonly LineFault[]): string[] {
  const [first, ...others] = faults;
  const groups = new Map<string, LineFault[]>();
  for (const fault of others) groups.set(fault.message, [...(groups.get(fault.message) ?? []), fault]);
  return [...groups].map(([message, alike]) => `${placesOf(alike)}: ${message === first?.message ? 'the same.' : message}`);
}

function placesOf(alike: readonly LineFault[]): string {
  const [only] = alike;
  if (alike.length > 1) return `Lines ${spans(alike.map(({ line }) => line))}`;
  return `Line ${String(only?.line)}${only?.custom_id == null ? '' : ` ('${only.custom_id.slice(0, 80)}')`}`;
}

// Ascending numbers as people write them: 2–8, 11.
function spans(numbers: readonly number[]): string {
  const found: [number, number][] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? String(from) : `${String(from)}–${String(to)}`)).join(', ');
}
