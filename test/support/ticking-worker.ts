/** A worker reduced to its heartbeat, as fast as it goes, for tests that kill it: sequence, publish, again. */
import { nobleVerifier } from '@app/crypto/verify';
import { httpSigner, httpWitness, openLedgerServices, Publisher, Sequencer } from '@app/ledger';
import { systemRandom } from '@app/platform';

const settings = JSON.parse(process.env.TICKING_WORKER ?? '{}') as {
  readonly databaseUrl: string;
  readonly rootsetFile: string;
  readonly ledgerDir: string;
  readonly signer: string;
  readonly witnesses: readonly string[];
  readonly logVkey: string;
  readonly tlogPolicy: string;
  readonly now: number;
  readonly tickSeconds: number;
};

const clock = { now: () => settings.now, nowMs: () => settings.now * 1_000 };
const services = await openLedgerServices({ name: 'ticking', ...settings, clock, random: systemRandom });
const { work, store } = services;
const publisher = new Publisher({
  work,
  store,
  clock,
  signer: httpSigner(settings.signer),
  witnesses: settings.witnesses.map((url) => httpWitness(url)),
  trust: () => Promise.resolve(settings),
  verifier: nobleVerifier(),
});
process.stdout.write('ready\n');
for (;;) {
  await new Sequencer({ work, random: systemRandom, tickSeconds: settings.tickSeconds }).tick(clock.now());
  await publisher.publish();
}
