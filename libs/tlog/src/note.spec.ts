import { describe, expect, it } from '@jest/globals';
import { nobleVerifier } from '@app/crypto/verify';
import { openNote, parseVkey } from './index.js';

describe('the example of C2SP signed-note', () => {
  const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
  const note =
    'This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

  it('opens', () => {
    const key = parseVkey(vkey);
    expect(openNote(note, [key], nobleVerifier())).toEqual({
      body: 'This is an example message.\n',
      verified: [key],
      unknown: 0,
    });
  });
});
