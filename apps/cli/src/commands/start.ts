/** `safe-conduct start`: the evaluation stack in the foreground, until it is interrupted. */
import { once } from 'node:events';
import path from 'node:path';
import { DEFAULT_POLICY, type Policy } from '@app/casework';
import type { ClientDeps } from '@app/client';
import { apiOf, makeDeps } from '../client.js';
import { readMembers } from '../stack/evaluation-files.js';
import { renewIfDue } from '../stack/renewal.js';
import { Interrupted, listenForInterruption } from '../stack/interruption.js';
import { type Stack, startStack } from '../stack/stack.js';

/** The evaluation stack shows proofs within seconds; the tick is part of its published POLICY. */
const EVALUATION_POLICY: Policy = { ...DEFAULT_POLICY, name: 'Evaluation policy', tick_seconds: 1 };
const RENEWAL_CHECK_MS = 3_600_000;

export type StartOptions = { readonly data: string; readonly port: string };

export async function start(options: StartOptions): Promise<void> {
  const port = Number(options.port);
  const dataDir = path.resolve(options.data);
  const deps = await makeDeps(process.env);
  const signal = listenForInterruption();
  const stack = await startStack({
    deps,
    dataDir,
    publicPort: port,
    staffPort: port === 0 ? 0 : port + 1,
    organisation: 'Evaluation organisation',
    policy: EVALUATION_POLICY,
    env: process.env,
    onStep: (step) => process.stderr.write(`  starting ${step}\n`),
    signal,
  }).catch(exitIfInterrupted);
  try {
    await serve(stack, { deps, dataDir, signal });
  } finally {
    await stack.stop();
  }
}

type Serving = { readonly deps: ClientDeps; readonly dataDir: string; readonly signal: AbortSignal };

/** Says what runs, and renews what runs out, until it is interrupted. */
async function serve(stack: Stack, { deps, dataDir, signal }: Serving): Promise<void> {
  let renewing: Promise<unknown> = renewIfDue(deps, dataDir, stack.staffUrl);
  await renewing;
  const renewal = setInterval(() => {
    renewing = renewIfDue(deps, dataDir, stack.staffUrl).catch(() => {
      process.stderr.write('The role epochs could not be renewed; trying again in an hour.\n');
    });
  }, RENEWAL_CHECK_MS);
  const { keysetHash, keysetVersion } = await apiOf(stack.publicUrl).call('info', {});
  process.stdout.write(
    [
      '',
      `Safe Conduct is ready.`,
      `  Public origin   ${stack.publicUrl}`,
      `  Staff origin    ${stack.staffUrl}`,
      `  Data            ${dataDir}`,
      `  KEYSET          version ${String(keysetVersion)}, ${keysetHash}`,
      '',
      'FOR EVALUATION ONLY. Never use it for a real report.',
      ...memberLines(dataDir, stack.madeOrganisation),
      'Ctrl-C stops everything; the data stays.',
      '',
    ].join('\n'),
  );
  if (!signal.aborted) await once(signal, 'abort');
  clearInterval(renewal);
  process.stderr.write('\nStopping.\n');
  await renewing;
}

function exitIfInterrupted(error: unknown): never {
  if (!(error instanceof Interrupted)) throw error;
  process.stderr.write('\nInterrupted; the data stays.\n');
  process.exit(error.exitCode);
}

function memberLines(dataDir: string, isNew: boolean): string[] {
  const members = readMembers(dataDir);
  const keys = path.join(dataDir, 'keys');
  if (members.length === 0)
    return ['The staff of this organisation have their unlock secrets themselves.', ''];
  const warning = [
    'The keys of this organisation were made by this machine, all of them, in one folder',
    `(${keys}). Whoever has that folder can read every report.`,
    '',
  ];
  if (!isNew)
    return [...warning, `Evaluation staff and their unlock secrets: ${path.join(keys, 'staff.json')}`, ''];
  const lines = members.map(
    ({ name, role, subject, words }) =>
      `  ${name.padEnd(16)} ${role}\n    subject ${subject}\n    unlock  ${words}`,
  );
  return [...warning, 'Evaluation staff, shown once:', ...lines, ''];
}
