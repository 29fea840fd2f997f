/** Three invented reports. No person, meeting or letter in them exists. */
import { type ConsentRow, encodeConsentMatrix, makeConsentMatrix, type ReportBody } from '@app/casework';
import type { ArchiveFile } from '@app/crypto/seal';
import { encodeUtf8 } from '@app/encoding';

export type Invented = {
  readonly title: string;
  readonly report: ReportBody;
  readonly files: readonly ArchiveFile[];
  readonly reply: string;
  /** What staff write about it: to the reporter, to the senior official, to the State. */
  readonly letters: Readonly<Record<'acknowledgement' | 'update' | 'handover' | 'draft', string>>;
};

const LETTERS: Invented['letters'] = {
  acknowledgement: 'Your report has arrived and is being read.',
  update: 'We will pass this to the senior official.',
  handover: 'Please raise this soon.',
  draft: 'Draft note verbale.',
};

const SHARED: Partial<ConsentRow> = { K1: 'g', K2: 'g', K3: 'N', K5: '3', K7: 'g' };

function report(
  language: string,
  what: string,
  names: string,
  state: string,
  urgent: 'yes' | 'no',
): ReportBody {
  const day = new Date().toISOString().slice(0, 10);
  return {
    version: 2,
    safety: { declared_urgent: urgent, language },
    submitter: {
      relation: 'VICTIM',
      name: names,
      contact_ways: ['DROP_BOX'],
      contact: 'Only through this mailbox.',
    },
    persons: [{ unit: 'INDIVIDUAL', names, relation: 'SC-A', roles: ['HRD'], age: '30_59' }],
    engagements: [
      { body: 'HRC', stage: 'PAST', when: { value: '2026-09', precision: 'DAY_UNKNOWN' }, modality: 'VID' },
    ],
    acts: [
      {
        what,
        types: ['D01', 'F08'],
        nature: 'REPRISAL',
        from: { value: '2026-10', precision: 'DAY_UNKNOWN' },
        ongoing: 'yes',
        country: state,
      },
    ],
    perpetrators: [{ kind: 'STATE' }],
    concerned: { state },
    link: { reasons: ['CLOSE_IN_TIME'], text: 'It began in the week after the statement.' },
    consent: {
      matrix: encodeConsentMatrix(makeConsentMatrix([SHARED])),
      records: (['K3', 'K5'] as const).map((scope) => ({
        person: 1,
        scope,
        decision: 'granted',
        given_by: 'alleged_victim',
        risks_explained: { by: 'FORM', text_version: '1', language },
        understands: 'yes',
        given_at: day,
      })),
    },
  };
}

/** @param largeBytes - size of the larger file, of incompressible bytes. */
export function inventedReports(
  largeBytes: number,
  random: (n: number) => Uint8Array<ArrayBuffer>,
): Invented[] {
  return [
    {
      title: 'English, with a photograph: routed and raised with the State concerned',
      report: report(
        'en',
        'After my recorded statement was shown, my name and home address were posted with the words "traitor to the nation". Two officers then came to ask my neighbours whom I work for.',
        'Marisol Quenby-Adeyemi',
        'FRA',
        'no',
      ),
      files: [{ name: 'posting-screenshot.jpg', data: jpeg() }],
      reply: 'Thank you. The postings have not stopped; I attach nothing new today.',
      letters: LETTERS,
    },
    {
      title: 'Spanish, with a document: routed and raised, then disputed by the reporter',
      report: report(
        'es',
        'Tras mi intervención en línea me citaron tres veces a declarar. El fiscal leyó en voz alta frases de la sesión y preguntó quién me había invitado. '.repeat(
          12,
        ),
        'Ximena Barrientos-Kowal',
        'ESP',
        'no',
      ),
      files: [{ name: 'citacion-fiscalia.pdf', data: pdf('Citacion') }],
      reply: 'No estoy de acuerdo: nadie me ha llamado.',
      letters: LETTERS,
    },
    {
      title: 'Arabic, urgent, with a large file: left alone until the triage deadline lapses',
      report: report(
        'ar',
        'بعد مشاركتي في الجلسة عبر الإنترنت تلقيت تهديدات متكررة، ومُنعت من السفر، واستُدعي أخي للتحقيق وسُئل عن صلتي بالأمم المتحدة. '.repeat(
          20,
        ),
        'سلمى الزاهر-قنديل',
        'EGY',
        'yes',
      ),
      files: [{ name: 'تسجيل-الجلسة.bin', data: random(largeBytes) }],
      reply: '',
      letters: LETTERS,
    },
  ];
}

/** A real, tiny JPEG: one grey pixel. */
function jpeg(): Uint8Array<ArrayBuffer> {
  const base64 =
    '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AKp//2Q==';
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** A real one-page PDF with one line of text. */
function pdf(title: string): Uint8Array<ArrayBuffer> {
  const content = `BT /F1 24 Tf 72 720 Td (${title}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${String(content.length)} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((body, i) => {
    const at = text.length;
    text += `${String(i + 1)} 0 obj\n${body}\nendobj\n`;
    return at;
  });
  const start = text.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  text += `xref\n0 ${String(objects.length + 1)}\n0000000000 65535 f \n${rows}`;
  text += `trailer\n<< /Size ${String(objects.length + 1)} /Root 1 0 R >>\nstartxref\n${String(start)}\n%%EOF\n`;
  return encodeUtf8(text);
}
