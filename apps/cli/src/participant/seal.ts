/** `safe-conduct seal`: a report becomes a package and twelve words; nothing leaves the device. */
import { encodePackage, type PreparedReport, prepareReport, type Service } from '@app/client';
import { type ArchiveFile, makeReporterCode, type WordLanguage } from '@app/crypto/seal';
import { type Bytes, toHex } from '@app/encoding';
import { connectTo, type ServiceOptions } from '../connecting.js';
import { CliError, explaining, usage } from '../errors.js';
import { listed, print, say, utc } from '../terminal.js';
import { type Attachments, type AttachOptions, readAttachments, readFiles } from './attachments.js';
import { EXAMPLE_HELP, exampleReport } from './example.js';
import { refuseExisting, writePackage } from './package-folder.js';
import { shownCode } from './words.js';
import { readReport, type ToldProblem, unknownExclusions } from './report-file.js';

export type SealOptions = Partial<ServiceOptions> &
  AttachOptions & {
    readonly originals?: readonly string[];
    readonly keepOriginals?: boolean;
    readonly out?: string;
    readonly lang: WordLanguage;
    readonly example?: boolean;
    readonly json?: boolean;
  };

export async function seal(file: string | undefined, options: SealOptions): Promise<void> {
  if (options.example === true) {
    process.stdout.write(`${JSON.stringify(exampleReport(options.lang), null, 2)}\n`);
    say(`\n${EXAMPLE_HELP}`);
    return;
  }
  const { service: url, trust, out } = options;
  if (file === undefined || url === undefined || trust === undefined || out === undefined)
    throw usage(
      'seal needs a report, --service, --trust and --out; "seal --example" prints a report to edit.',
    );
  refuseExisting(out);
  const read = await readReport(file);
  if ('problems' in read) throw tellProblems(read.problems);
  const attachments = await readAttachments(options);
  const { files } = attachments;
  const kept = options.keepOriginals === true ? (options.attach ?? []) : [];
  const originals = await readFiles([...(options.originals ?? []), ...kept]);
  const service = await connectTo({ ...options, service: url, trust });
  const unknown = unknownExclusions(read.report, service.directory.keyset);
  if (unknown.length > 0) throw tellProblems(unknown);
  await checkSizes(service, [files, originals]);
  const code = makeReporterCode(service.deps.random);
  const prepared = await sealed(service, { report: read.report, files, originals, code });
  await writePackage(out, encodePackage(service, prepared));
  tellSealed(service, prepared, code, { ...options, out, service: url, trust, attachments });
}

function tellProblems(problems: readonly ToldProblem[]): CliError {
  for (const { field, code, cure } of problems) say(`  ${field}: ${cure} (${code})`);
  const count = problems.length === 1 ? 'one problem' : `${String(problems.length)} problems`;
  return new CliError(
    'report_invalid',
    `The report has ${count}, named above. Nothing was sealed; mend it and try again.`,
  );
}

async function sealed(service: Service, input: Parameters<typeof prepareReport>[1]): Promise<PreparedReport> {
  const preparation = await explaining(
    { object_too_large: 'Nothing was sealed.', role_missing: 'Nothing was sealed.' },
    () => prepareReport(service, input),
  );
  if (!preparation.ok) throw tellProblems(preparation.problems.map((p) => ({ ...p, cure: 'mend it' })));
  return preparation.prepared;
}

async function checkSizes(service: Service, archives: readonly (readonly ArchiveFile[])[]): Promise<void> {
  if (archives.every((files) => files.length === 0)) return;
  const { maxAttachmentBytes } = await service.api.call('info', {});
  for (const files of archives) {
    const bytes = files.reduce((sum, { name, data }) => sum + data.length + 2 * name.length + 16, 4);
    if (bytes > maxAttachmentBytes)
      throw new CliError(
        'attachments_too_large',
        `These files have ${String(bytes)} bytes together; the service takes ${String(maxAttachmentBytes)}. Nothing was sealed.`,
      );
  }
}

function tellSealed(
  service: Service,
  { submission }: PreparedReport,
  code: Bytes,
  options: SealOptions & {
    readonly out: string;
    readonly service: string;
    readonly trust: string;
    readonly attachments: Attachments;
  },
): void {
  const { keyset, witnesses, witnessedAt } = service.directory;
  const nameOf = (role?: string): string => keyset.roles.find(({ id }) => toHex(id) === role)?.name ?? '';
  const { words, digits, lines } = shownCode(code, options.lang);
  const held = submission.escalation?.recipient;
  const sealedTo = nameOf(submission.role);
  const heldFor = held?.kind === 'role' ? nameOf(held.role) : undefined;
  const text = [
    `Sealed to: ${sealedTo}, and to yourself.`,
    heldFor === undefined
      ? 'Nothing is held back for another office.'
      : `Held back for: ${heldFor}, until the triage deadline has passed unmet.`,
    `Keys: KEYSET version ${String(keyset.version)}, seen by ${listed(witnesses)} at ${utc(witnessedAt)}.`,
    `Package: ${options.out}`,
    '',
    'YOUR 12 WORDS. Write them down now: they are shown this once and kept nowhere.',
    ...lines,
    'Anyone who has them is you. Without them nobody can send this package or open your mailbox.',
    '',
    'Nothing has been sent yet. To send it:',
    `  safe-conduct submit ${options.out} --service ${options.service} --trust ${options.trust}`,
  ];
  print(
    {
      package: options.out,
      sealedTo,
      heldFor: heldFor ?? null,
      words,
      digits,
      attachments: options.attachments.cleanings,
    },
    options.json,
    text.join('\n'),
  );
}
