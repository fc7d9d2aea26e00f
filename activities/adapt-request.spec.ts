import { describe, expect, it } from '@jest/globals';
import { withoutImages } from './adapt-request.js';

describe('withoutImages', () => {
  it('puts a note in the place of an image and names what was dropped', () => {
    const request = { model: 'a', sampling: {}, messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'What is this?' }, { type: 'image' as const, url: 'https://example.com/a.png' }] }] };
    const adapted = withoutImages(request);
    expect(adapted.dropped).toEqual(['images']);
    expect(adapted.request.messages[0]?.content).toEqual([{ type: 'text', text: 'What is this?' }, { type: 'text', text: '[An image was left out: this model takes text only.]' }]);
  });

  it('leaves a request without images alone', () => {
    const request = { model: 'a', sampling: {}, messages: [{ role: 'user' as const, content: 'Hello' }] };
    expect(withoutImages(request)).toEqual({ request, dropped: [] });
  });
});
