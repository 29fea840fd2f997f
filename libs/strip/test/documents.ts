/** PDF files with something planted in every place that can say who made them. */
import { concatBytes, encodeUtf8, type Bytes } from '@app/encoding';
import { zlibSync } from 'fflate';
import { CANARY, dirtyJpeg, XMP } from './pictures.js';

const PAGE_TEXT = 'BT /F1 12 Tf 20 100 Td (The text stays.) Tj ET q 24 0 0 16 20 20 cm /I1 Do Q';
/** What the first version of the page said, which an update replaced. */
const OLD_TEXT = `BT /F1 12 Tf 20 100 Td (${CANARY}) Tj ET`;

export function stream(dict: string, data: Uint8Array): Bytes {
  const head = `<< ${dict} /Length ${data.length} >>\nstream\n`;
  return concatBytes(encodeUtf8(head), data, encodeUtf8('\nendstream'));
}

type Objects = Record<number, string | Bytes>;

/** The objects of the document, by number. */
export function objects(catalogue = ''): Objects {
  return {
    1: `<< /Type /Catalog /Pages 2 0 R /Metadata 7 0 R ${catalogue}>>`,
    2: '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    3: `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R /Annots [6 0 R] /LastModified (D:2025) /PieceInfo << /X (${CANARY}) >> /Resources << /Font << /F1 5 0 R >> /XObject << /I1 9 0 R >> >> >>`,
    4: stream('', encodeUtf8(OLD_TEXT)),
    5: '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    6: `<< /Type /Annot /Subtype /Text /Rect [10 10 20 20] /T (${CANARY}) /M (D:2025) /NM (${CANARY}) /Contents (A remark.) >>`,
    7: stream('/Type /Metadata /Subtype /XML', XMP),
    8: `<< /Author (${CANARY}) /Producer <${Buffer.from(CANARY).toString('hex')}> /CreationDate (D:20250101) >>`,
    9: stream(
      '/Type /XObject /Subtype /Image /Width 24 /Height 16 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /DCTDecode',
      dirtyJpeg(1),
    ),
  };
}

const pad = (n: number): string => String(n).padStart(10, '0');

/** Objects behind `base`, with a table and a trailer. */
export function section(base: Bytes, list: Objects, trailer: string): Bytes {
  const parts: Uint8Array[] = [base];
  let at = base.length;
  const rows: string[] = [];
  for (const [number, body] of Object.entries(list)) {
    const content = typeof body === 'string' ? encodeUtf8(body) : body;
    const object = concatBytes(encodeUtf8(`${number} 0 obj\n`), content, encodeUtf8('\nendobj\n'));
    rows.push(`${number} 1\n${pad(at)} 00000 n \n`);
    parts.push(object);
    at += object.length;
  }
  const tail = `xref\n0 1\n0000000000 65535 f \n${rows.join('')}trailer\n<< /Size 20 /Root 1 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF\n`;
  return concatBytes(...parts, encodeUtf8(tail));
}

const START = encodeUtf8('%PDF-1.5\n');

const lastStart = (bytes: Bytes): number =>
  Number(/startxref\n(\d+)\n%%EOF\n$/.exec(Buffer.from(bytes).toString('latin1'))?.[1]);

/** With a table, and an update that replaced the page's text. */
export function dirtyPdf(catalogue = ''): Bytes {
  const first = section(START, objects(catalogue), `/Info 8 0 R /ID [(${CANARY}) (${CANARY})]`);
  return section(first, { 4: stream('', encodeUtf8(PAGE_TEXT)) }, `/Info 8 0 R /Prev ${lastStart(first)}`);
}

/** With packed objects and a packed table of cross-references, as newer programs write. */
export function packedPdf(predictor = false): Bytes {
  const all: Objects = { ...objects(), 4: stream('', encodeUtf8(PAGE_TEXT)) };
  const plain = Object.entries(all).filter(([, body]) => typeof body === 'string') as [string, string][];
  const streams = Object.entries(all).filter(([, body]) => typeof body !== 'string') as [string, Bytes][];
  let offset = 0;
  const heads = plain.map(([number, body]) => {
    const head = `${number} ${offset}`;
    offset += body.length + 1;
    return head;
  });
  const first = `${heads.join(' ')} `;
  const packed = encodeUtf8(first + plain.map(([, body]) => `${body} `).join(''));
  const holder = stream(
    `/Type /ObjStm /N ${plain.length} /First ${first.length} /Filter /FlateDecode`,
    zlibSync(packed),
  );
  const parts: Uint8Array[] = [START];
  const rows: number[][] = Array.from({ length: 12 }, () => [0, 0, 0]);
  let at = START.length;
  const put = (number: number, body: Bytes): void => {
    rows[number] = [1, at, 0];
    const object = concatBytes(encodeUtf8(`${number} 0 obj\n`), body, encodeUtf8('\nendobj\n'));
    parts.push(object);
    at += object.length;
  };
  for (const [number, body] of streams) put(Number(number), body);
  put(10, holder);
  plain.forEach(([number], index) => (rows[Number(number)] = [2, 10, index]));
  rows[11] = [1, at, 0];
  const table = rows.map(([type, a, b]) => [type ?? 0, (a ?? 0) >> 8, (a ?? 0) & 255, b ?? 0]);
  const up = table.map((row, i) => [2, ...row.map((v, j) => (v - (table[i - 1]?.[j] ?? 0)) & 255)]);
  const data = zlibSync(Uint8Array.from((predictor ? up : table).flat()));
  const parms = predictor ? '/DecodeParms << /Predictor 12 /Columns 4 >>' : '';
  const dict = `/Type /XRef /Size 12 /W [1 2 1] /Root 1 0 R /Info 8 0 R /Filter /FlateDecode ${parms}`;
  const table11 = concatBytes(encodeUtf8('11 0 obj\n'), stream(dict, data), encodeUtf8('\nendobj\n'));
  return concatBytes(...parts, table11, encodeUtf8(`startxref\n${at}\n%%EOF\n`));
}
