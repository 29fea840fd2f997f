import { describe, expect, it } from '@jest/globals';
import { encodeUtf8, type Bytes } from '@app/encoding';
import { deflateSync, zlibSync } from 'fflate';
import { codeOf } from '../../../test/support/code-of.js';
import { Findings } from './codes.js';
import { strip } from './index.js';
import { inflate } from './inflate.js';
import { dirtyPdf, objects, packedPdf, section, stream } from '../test/documents.js';
import { CANARY } from '../test/pictures.js';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const REMOVED = [
  'author',
  'colour_profile',
  'comment',
  'document_properties',
  'exif',
  'extra_images',
  'identifier',
  'iptc',
  'thumbnail',
  'time',
  'trailing_data',
  'vendor_data',
  'xmp',
];

const edited = (from: string | RegExp, to: string, pdf = dirtyPdf()): Bytes =>
  new Uint8Array(Buffer.from(latin1(pdf).replace(from, to), 'latin1'));

describe('PDF', () => {
  it.each<[string, Bytes, string[]]>([
    ['with a table and an update', dirtyPdf(), [...REMOVED, 'revision'].sort()],
    ['with packed objects', packedPdf(), REMOVED],
    ['with packed objects and a predictor', packedPdf(true), REMOVED],
  ])('%s is written anew without who, when and what it said before', (_what, dirty, expected) => {
    const { kind, bytes, removed, warnings } = strip(dirty);
    expect({ kind, removed, warnings }).toEqual({
      kind: 'pdf',
      removed: expected,
      warnings: ['annotations'],
    });
    const text = latin1(bytes);
    expect(text).not.toMatch(
      new RegExp(`${CANARY}|${Buffer.from(CANARY).toString('hex')}|Info|Metadata|/ID`),
    );
    expect(text).toContain('(The text stays.)');
    expect(text).toContain('(A remark.)');
    expect(strip(bytes)).toMatchObject({ bytes, removed: [], warnings });
  });

  it('is the same whichever way its objects were stored', () => {
    expect(strip(packedPdf()).bytes).toEqual(strip(packedPdf(true)).bytes);
  });

  it.each([
    ['/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>', 'javascript'],
    ['/Names << /EmbeddedFiles << /Names [(a) << /EF << /F 4 0 R >> >>] >> >>', 'embedded_files'],
    ['/AcroForm << /Fields [] >>', 'form_data'],
  ])('warns of what stays: %s', (catalogue, warning) => {
    expect(strip(dirtyPdf(catalogue)).warnings).toContain(warning);
  });

  it('loses signatures, which could not hold any more', () => {
    const { bytes, removed } = strip(dirtyPdf(`/V << /Type /Sig /ByteRange [0 1] /Name (${CANARY}) >>`));
    expect(removed).toContain('signature');
    expect(latin1(bytes)).toContain('/V null');
    expect(latin1(bytes)).not.toContain(CANARY);
  });

  it('reads names however they are written', () => {
    const catalogue = String(objects()[1]).replace('/Metadata', '/M#65tadata');
    const pdf = section(encodeUtf8('%PDF-1.4\n'), { ...objects(), 1: catalogue }, '');
    expect(latin1(strip(pdf).bytes)).not.toContain('xmpmeta');
  });

  it('of very many objects is read like any other', () => {
    const list: Record<number, string> = { 1: '<< /Type /Catalog /X 2 0 R >>' };
    for (let i = 2; i < 30_000; i++) list[i] = `<< /A [1 2 3] /Next ${i + 1} 0 R >>`;
    const { bytes } = strip(section(encodeUtf8('%PDF-1.4\n'), list, ''));
    expect(latin1(bytes)).toContain('/Size 30000\n');
    expect(Buffer.compare(strip(bytes).bytes, bytes)).toBe(0);
  });

  it('names a picture it cannot clean', () => {
    const broken = { ...objects(), 9: stream('/Filter /DCTDecode', Uint8Array.of(255, 216, 255, 0)) };
    const { warnings } = strip(section(encodeUtf8('%PDF-1.4\n'), broken, ''));
    expect(warnings).toContain('media_not_cleaned');
  });

  const one = (value: string | Bytes): Bytes =>
    section(encodeUtf8('%PDF-1.4\n'), { 1: '<< /Type /Catalog /X 2 0 R >>', 2: value }, '');
  it.each<[string, string, Bytes]>([
    ['is cut off', 'malformed', dirtyPdf().slice(0, -300)],
    ['is of no known version', 'malformed', edited('%PDF-1.5', '%PDF-9.9')],
    ['has a password', 'encrypted', edited('/Prev', '/Encrypt 5 0 R /Prev')],
    [
      'has a table that leads elsewhere',
      'malformed',
      edited(/startxref\n\d+\n%%EOF\n$/, 'startxref\n99\n%%EOF\n'),
    ],
    ['leads in a circle', 'malformed', edited(/\/Prev \d+/, `/Prev ${String(lastStart())}`)],
    ['has no catalogue', 'malformed', edited(/\/Root 1 0 R/g, '/Roof 1 0 R')],
    ['has a stream of a wrong length', 'malformed', one('<< /Length 3 >>\nstream\nabcdef\nendstream')],
    ['has a key twice', 'malformed', one('<< /A 1 /A 2 >>')],
    ['has a string without end', 'malformed', one('(((')],
    ['has a word of no language', 'malformed', one('hello')],
    ['is nested too deeply', 'too_large', one(`${'['.repeat(300)}${']'.repeat(300)}`)],
    [
      'packs its objects in a way nobody reads',
      'unsupported',
      edited('/FlateDecode', '/FlateLecode', packedPdf()),
    ],
  ])('that %s is refused: %s', (_what, code, pdf) => {
    expect(codeOf(() => strip(pdf))).toBe(code);
  });
});

describe('inflating', () => {
  it.each(['deflate', 'zlib'] as const)('%s stops at what is left and at what was said', (method) => {
    const data = new Uint8Array(1_000_000);
    const packed = method === 'zlib' ? zlibSync(data) : deflateSync(data);
    const found = new Findings('test');
    expect(inflate(packed, method, { left: 1_000_000 }, found)).toHaveLength(1_000_000);
    expect(codeOf(() => inflate(packed, method, { left: 999_999 }, found))).toBe('too_large');
    expect(codeOf(() => inflate(packed, method, { left: 2_000_000 }, found, 9))).toBe('malformed');
    expect(codeOf(() => inflate(packed.subarray(0, 99), method, { left: 2_000_000 }, found))).toBe(
      'malformed',
    );
  });
});

function lastStart(): number {
  return Number(/startxref\n(\d+)\n%%EOF\n$/.exec(latin1(dirtyPdf()))?.[1]);
}
