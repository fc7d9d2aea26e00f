/** A statement on shared state takes a millisecond; one that takes this long means that the database is away or drowning. */
const patienceMs = 1_000;
/** How long a process then goes on by itself before it looks again. */
const aloneMs = 2_000;

/** Shared state while Postgres answers, else each process for itself: no call stands still because the database is away. */
export class Insurance {
  private aloneUntil = 0;

  /** `late` gets what `shared` came to after it was given up. */
  async run<Result>(shared: () => Promise<Result>, alone: () => Result | Promise<Result>, late: (result: Result) => void = () => undefined): Promise<Result> {
    if (Date.now() < this.aloneUntil) return alone();
    const work = shared();
    try {
      return await inTime(work, late);
    } catch {
      this.aloneUntil = Date.now() + aloneMs;
      return alone();
    }
  }
}

function inTime<Result>(work: Promise<Result>, late: (result: Result) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      reject(new Error('The database did not answer in time.'));
    }, patienceMs);
    work.then(
      (result) => {
        clearTimeout(timer);
        if (isOver) late(result);
        else resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
