const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket, newline, carriageReturn, space] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x0a, 0x0d, 0x20];
const keptRestCharacters = 64 * 1024;

/**
 * Takes the objects of one array out of a JSON object that arrives in pieces, without ever holding the whole: `push` returns those that have become complete, each
 * as one line of JSON. What stands around them is in `rest()`, with the array empty.
 */
export class JsonArraySplitter {
  private depth = 0;
  private inString = false;
  private escaped = false;
  private inArray = false;
  private element: Buffer[] | null = null;
  private outside = '';

  constructor(private readonly key: string) {}

  push(chunk: Buffer): string[] {
    const found: string[] = [];
    let elementFrom = this.element ? 0 : -1;
    let outsideFrom = this.inArray ? -1 : 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === backslash) this.escaped = true;
        else if (byte === quote) this.inString = false;
        continue;
      }
      if (byte === quote) this.inString = true;
      else if (byte === openBrace || byte === openBracket) {
        this.depth += 1;
        if (!this.inArray && this.depth === 2 && byte === openBracket && this.endsWithKey(chunk.toString('utf8', outsideFrom, at))) {
          this.keepOutside(chunk.toString('utf8', outsideFrom, at + 1));
          this.inArray = true;
          outsideFrom = -1;
        } else if (this.inArray && this.depth === 3) {
          this.element = [];
          elementFrom = at;
        }
      } else if (byte === closeBrace || byte === closeBracket) {
        this.depth -= 1;
        if (this.inArray && this.depth === 2 && this.element) {
          found.push(oneLine(Buffer.concat([...this.element, chunk.subarray(elementFrom, at + 1)])));
          this.element = null;
          elementFrom = -1;
        } else if (this.inArray && this.depth === 1) {
          this.inArray = false;
          outsideFrom = at;
        }
      }
    }
    if (this.element && elementFrom !== -1) this.element.push(Buffer.from(chunk.subarray(elementFrom)));
    if (!this.inArray && outsideFrom !== -1) this.keepOutside(chunk.toString('utf8', outsideFrom));
    return found;
  }

  /** The JSON without the array's objects: complete JSON if the whole was. */
  rest(): string {
    return this.outside;
  }

  private endsWithKey(pending: string): boolean {
    return new RegExp(`"${this.key}"\\s*:\\s*$`).test((this.outside + pending).slice(-this.key.length - 200));
  }

  private keepOutside(text: string): void {
    if (this.outside.length < keptRestCharacters) this.outside += text;
  }
}

/** Line breaks can only stand between tokens, where a space says the same. */
function oneLine(json: Buffer): string {
  for (let at = 0; at < json.length; at++) if (json[at] === newline || json[at] === carriageReturn) json[at] = space;
  return json.toString('utf8');
}
