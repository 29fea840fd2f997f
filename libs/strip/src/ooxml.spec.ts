import { describe, expect, it } from '@jest/globals';
import { concatBytes, encodeUtf8, type Bytes } from '@app/encoding';
import { unzipSync, zipSync } from 'fflate';
import { codeOf } from '../../../test/support/code-of.js';
import { strip } from './index.js';
import { dirtyDocx, dirtyPptx, dirtyXlsx, types, zip } from '../test/office.js';
import { CANARY } from '../test/pictures.js';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function contents(bytes: Bytes): Record<string, string> {
  return Object.fromEntries(Object.entries(unzipSync(bytes)).map(([name, data]) => [name, latin1(data)]));
}

function clean(dirty: Bytes): { parts: Record<string, string>; result: ReturnType<typeof strip> } {
  const result = strip(dirty);
  const parts = contents(result.bytes);
  expect(Object.values(parts).join('\n') + latin1(result.bytes)).not.toContain(CANARY);
  const again = strip(result.bytes);
  expect(again.bytes).toEqual(result.bytes);
  expect(again.removed).toEqual([]);
  expect(again.warnings).toEqual(result.warnings);
  return { parts, result };
}

describe('Office documents', () => {
  it('of Word keep the text, comments and changes without who and when', () => {
    const { parts, result } = clean(dirtyDocx());
    expect(result.kind).toBe('docx');
    expect(result.warnings).toEqual(['comments', 'tracked_changes']);
    expect(Object.keys(parts)).toEqual([
      '[Content_Types].xml',
      '_rels/.rels',
      'word/_rels/document.xml.rels',
      'word/_rels/settings.xml.rels',
      'word/comments.xml',
      'word/document.xml',
      'word/media/image1.jpeg',
      'word/settings.xml',
    ]);
    expect(parts['word/document.xml']).toContain('<w:p><w:r><w:t>The text stays.</w:t></w:r>');
    expect(parts['word/document.xml']).toContain('<w:ins w:id="1" w:author=""><w:r><w:t>Added.');
    expect(parts['word/document.xml']).toContain('<a:blip r:embed="rId5"/>');
    expect(parts['word/comments.xml']).toContain('<w:comment w:id="0" w:author=""><w:p>');
    expect(parts['word/settings.xml']).toMatch(/<w:settings [^>]*><\/w:settings>$/);
    expect(parts['word/_rels/document.xml.rels']).not.toMatch(/people|customXml/);
    expect(parts['word/_rels/document.xml.rels']).toContain('https://example.org/');
    expect(parts['_rels/.rels']?.match(/<Relationship /g)).toHaveLength(1);
    expect(parts['[Content_Types].xml']).not.toMatch(/docProps|people/);
  });

  it('of Excel keep the sheets, and point to no part that went', () => {
    const { parts, result } = clean(dirtyXlsx());
    expect([result.kind, result.warnings]).toEqual(['xlsx', ['comments']]);
    expect(parts['xl/worksheets/sheet1.xml']).toContain('<pageSetup paperSize="9"/>');
    expect(parts['xl/worksheets/sheet1.xml']).not.toContain('xr:uid');
    expect(parts['xl/comments1.xml']).toContain('<author></author>');
    expect(parts['xl/workbook.xml']).toMatch(
      /<workbook [^>]*><sheets><sheet name="One" sheetId="1" r:id="rId1"\/>/,
    );
  });

  it('of PowerPoint keep the slides', () => {
    const { parts, result } = clean(dirtyPptx());
    expect([result.kind, result.warnings]).toEqual(['pptx', ['comments']]);
    expect(parts['ppt/comments/comment1.xml']).toContain('<p:cm authorId="0" idx="1">');
    expect(parts['ppt/commentAuthors.xml']).toContain('name="" initials=""');
    expect(parts['ppt/presentation.xml']).toContain('<p:custDataLst></p:custDataLst>');
  });

  it('are the same bytes whatever order and time the archive had', () => {
    const shuffled = Object.fromEntries(Object.entries(unzipSync(dirtyDocx())).reverse());
    expect(strip(new Uint8Array(zipSync(shuffled))).bytes).toEqual(strip(dirtyDocx()).bytes);
  });

  it.each([
    ['word/media/image2.emf', 'media_not_cleaned'],
    ['word/vbaProject.xml', undefined],
  ])('name what is inside and not cleaned: %s', (name, warning) => {
    const { warnings } = strip(dirtyDocx({ [name]: warning === undefined ? '<x/>' : 'an old picture' }));
    expect(warnings.includes('media_not_cleaned')).toBe(warning !== undefined);
  });

  it('clean a document within, and refuse one that is broken or too deep', () => {
    const types = latin1(unzipSync(dirtyDocx())['[Content_Types].xml'] as Uint8Array).replace(
      '</Types>',
      '<Default Extension="docx" ContentType="application/x"/></Types>',
    );
    const holding = (inner: Bytes): Bytes =>
      dirtyDocx({ '[Content_Types].xml': types, 'word/embeddings/a.docx': inner });
    const { parts, result } = clean(holding(dirtyDocx()));
    expect(result.warnings).toContain('embedded_files');
    expect(Buffer.from(parts['word/embeddings/a.docx'] ?? '', 'latin1')).toEqual(
      Buffer.from(strip(dirtyDocx()).bytes),
    );
    expect(codeOf(() => strip(holding(holding(holding(dirtyDocx())))))).toBe('too_large');
    expect(codeOf(() => strip(dirtyDocx({ 'word/media/image1.jpeg': Uint8Array.of(255, 216, 255) })))).toBe(
      'malformed',
    );
  });
});

describe('Hostile archives', () => {
  const main: [string, string] = [
    'word/document.xml',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml',
  ];
  const small = (document: string | Bytes, name = 'word/document.xml'): Bytes =>
    zip({ '[Content_Types].xml': types(main), [name]: document });
  const patched = (find: number[], patch: (bytes: Bytes, at: number) => void): Bytes => {
    const bytes = small('<a/>');
    patch(bytes, latin1(bytes).lastIndexOf(String.fromCharCode(...find)));
    return bytes;
  };
  const CENTRAL = [0x50, 0x4b, 1, 2];

  const bomb = (): Bytes => {
    const bytes = small(new Uint8Array(5_000_000));
    const at = latin1(bytes).lastIndexOf(String.fromCharCode(...CENTRAL));
    return bytes.fill(0, at + 25, at + 28);
  };

  it.each<[string, string, () => Bytes]>([
    ['is cut off', 'malformed', () => dirtyDocx().slice(0, -5)],
    ['has something behind its end', 'malformed', () => concatBytes(small('<a/>'), encodeUtf8('x'))],
    ['leads out of itself', 'malformed', () => small('<a/>', '../x.xml')],
    ['names a drive', 'malformed', () => small('<a/>', 'c:/x.xml')],
    ['has one name twice', 'malformed', () => small('<a/>', '[content_types].XML')],
    ['has a wrong sum', 'malformed', () => patched(CENTRAL, (b, at) => b.fill(7, at + 16, at + 20))],
    ['lies about a size', 'malformed', () => patched(CENTRAL, (b, at) => b.fill(1, at + 24, at + 26))],
    ['says a huge size', 'too_large', () => patched(CENTRAL, (b, at) => b.fill(0xee, at + 24, at + 28))],
    ['uses another method', 'malformed', () => patched(CENTRAL, (b, at) => b.fill(9, at + 10, at + 11))],
    ['has a password', 'encrypted', () => patched(CENTRAL, (b, at) => b.fill(1, at + 8, at + 9))],
    ['is no document', 'not_recognised', () => zip({ 'a.txt': 'x' })],
    ['has no main part', 'not_recognised', () => zip({ '[Content_Types].xml': types() })],
    ['has an element left open', 'malformed', () => small('<a><b></a>')],
    ['has two roots', 'malformed', () => small('<a/><b/>')],
    ['has a DOCTYPE', 'malformed', () => small('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>')],
    ['has text that is no UTF-8', 'malformed', () => small(Uint8Array.of(60, 97, 62, 255))],
    ['has UTF-16', 'unsupported', () => small(Uint8Array.of(0xff, 0xfe, 60, 0))],
    ['is nested too deeply', 'too_large', () => small(`${'<a>'.repeat(600)}${'</a>'.repeat(600)}`)],
    ['inflates to more than it says', 'malformed', () => bomb()],
  ])('one that %s: %s', (_what, code, make) => {
    expect(codeOf(() => strip(make()))).toBe(code);
  });

  it('an old Office file with a password is encrypted, without one not known', () => {
    const ole = Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1);
    const name = new Uint8Array(Buffer.from('EncryptedPackage', 'utf16le'));
    expect(codeOf(() => strip(concatBytes(ole, name)))).toBe('encrypted');
    expect(codeOf(() => strip(concatBytes(ole, new Uint8Array(64))))).toBe('not_recognised');
  });
});
