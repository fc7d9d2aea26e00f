/** How many samples may be under way: halves when the provider has enough, and grows by one with each full window of successes. */
export class AdaptiveWindow {
  private limit: number;
  private successes = 0;

  constructor(private readonly most: number) {
    this.limit = most;
  }

  /** Samples that may be under way now; at least 1. */
  get size(): number {
    return Math.max(1, Math.floor(this.limit));
  }

  succeeded(): void {
    if (this.limit >= this.most) return;
    this.successes++;
    if (this.successes < this.size) return;
    this.successes = 0;
    this.limit = Math.min(this.most, this.limit + 1);
  }

  /** The provider said that it is too much. */
  slowedDown(): void {
    this.successes = 0;
    this.limit = Math.max(1, this.limit / 2);
  }
}
