/** One thing the doctor looked at. */
export interface Finding {
  subject: string;
  is: 'good' | 'note' | 'missing';
  found: string;
  /** What to do, where something is missing. */
  advice?: string;
}
