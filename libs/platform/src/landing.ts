/** The page at `/` of an origin: what this address is, what it cannot do, and how to check it. No script, no state. */

export type LandingFacts = {
  readonly kind: 'public' | 'staff';
  readonly organisation: string;
  /** As printed elsewhere; shown as given. */
  readonly keysetFingerprint: string;
  readonly keysetVersion: number;
  /** Entries in the public ledger. */
  readonly ledgerSize: number;
  /** When a witness last cosigned, in seconds since 1970; absent before the first time. */
  readonly witnessedAt?: number;
  readonly now: number;
  /** Shown first on the public page: who answers at any hour. */
  readonly helplines?: readonly { readonly name: string; readonly contact: string }[];
  /** The one thing to do from here. */
  readonly action?: { readonly label: string; readonly href: string };
};

/** @returns a whole HTML document that needs only `/style.css`; every fact is escaped. */
export function renderLandingPage(facts: LandingFacts): string {
  const body = facts.kind === 'public' ? publicBody(facts) : staffBody(facts);
  return `<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Information</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Go to the text</a>
<header><p>${escapeHtml(facts.organisation)}</p></header>
<main id="main">
${body}
</main>
<footer><p>Safe Conduct. This page keeps nothing about your visit: no cookies, no scripts.</p></footer>
</body>
</html>
`;
}

function publicBody(facts: LandingFacts): string {
  return `<h1>If you face reprisals for cooperating with ${escapeHtml(facts.organisation)}</h1>
<section aria-labelledby="not">
<h2 id="not">What we cannot do</h2>
<p><strong>We cannot give physical protection.</strong> This is not an emergency service.</p>
${helplineList(facts.helplines ?? [])}
<p>We cannot promise a result. Reporting can itself carry a risk; think about who can see your device and your connection.</p>
</section>
<section aria-labelledby="is">
<h2 id="is">What this is</h2>
<p>Here you can tell listed officials that someone is threatened, harassed or punished for cooperating, or trying to cooperate.</p>
<p>A report is sealed on your device before it is sent. Those who run this server cannot read it. You get a signed promise of when you will be answered, and a public ledger records it without naming anyone.</p>
${actionLink(facts)}
</section>
${proofSection(facts)}`;
}

function staffBody(facts: LandingFacts): string {
  return `<h1>Staff address of the register</h1>
<section aria-labelledby="is">
<h2 id="is">What this is</h2>
<p>This address answers the console of listed officials and of those who oversee them. There is nothing to report here.</p>
${actionLink(facts)}
</section>
${proofSection(facts)}`;
}

function helplineList(helplines: NonNullable<LandingFacts['helplines']>): string {
  if (helplines.length === 0) return '';
  const items = helplines.map(
    ({ name, contact }) => `<li>${escapeHtml(name)}: <bdi>${escapeHtml(contact)}</bdi></li>`,
  );
  return `<p>These lines help people at risk at any hour:</p>\n<ul>\n${items.join('\n')}\n</ul>`;
}

function actionLink({ action }: LandingFacts): string {
  if (action === undefined) return '';
  return `<p><a class="action" href="${escapeHtml(action.href)}">${escapeHtml(action.label)}</a></p>`;
}

function proofSection(facts: LandingFacts): string {
  return `<section aria-labelledby="check">
<h2 id="check">How to check this address</h2>
<p>A page cannot vouch for itself. Compare this fingerprint with a printed one, or with one from a second source.</p>
<dl>
<dt>Fingerprint of the keys</dt><dd><code>${escapeHtml(facts.keysetFingerprint)}</code></dd>
<dt>Version of the keys</dt><dd>${String(facts.keysetVersion)}</dd>
<dt>Entries in the ledger</dt><dd>${String(facts.ledgerSize)}</dd>
<dt>Last confirmed by a witness</dt><dd>${witnessed(facts)}</dd>
</dl>
</section>`;
}

function witnessed({ witnessedAt, now }: LandingFacts): string {
  if (witnessedAt === undefined) return 'Not yet';
  const iso = new Date(witnessedAt * 1000).toISOString();
  return `${ago(now - witnessedAt)} (<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>)`;
}

const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const;

function ago(seconds: number): string {
  const unit = UNITS.find(([length]) => seconds >= length);
  if (unit === undefined) return 'Less than a minute ago';
  const count = Math.floor(seconds / unit[0]);
  return `${String(count)} ${unit[1]}${count === 1 ? '' : 's'} ago`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Served as `/icon.svg`: the seal of a laissez-passer, in one path. */
export const LANDING_ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#0a4d48" fill-rule="evenodd" d="M8 0a8 8 0 1 1 0 16A8 8 0 0 1 8 0Zm0 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm-1 8.6L3.9 7.5l1.4-1.4L7 7.8l3.7-3.7 1.4 1.4Z"/></svg>';

/** Served as `/style.css`. Text contrast is at least 7:1 in both schemes. */
export const LANDING_CSS = `:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --ink: #1b1f23; --quiet: #474d52; --accent: #0a4d48; --edge: #757b80;
  --on-accent: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181a; --ink: #ecebe6; --quiet: #bfc4c6; --accent: #8fd6cd; --edge: #868d91;
    --on-accent: #0d1112;
  }
}
@media (prefers-contrast: more) {
  :root { --paper: #ffffff; --ink: #000000; --quiet: #000000; --edge: #000000; }
}
@media (prefers-contrast: more) and (prefers-color-scheme: dark) {
  :root { --paper: #000000; --ink: #ffffff; --quiet: #ffffff; --edge: #ffffff; }
}
* { box-sizing: border-box; }
html { font: 112.5%/1.5 system-ui, sans-serif; }
body { margin: 0; background: var(--paper); color: var(--ink); }
header, main, footer { max-inline-size: 40rem; margin-inline: auto; padding: 1rem; }
header p { margin: 0; font-weight: 600; color: var(--accent); }
footer { color: var(--quiet); border-block-start: 1px solid var(--edge); font-size: 0.889rem; }
h1 { font-size: 1.778rem; line-height: 1.25; margin-block: 0.5rem 1.5rem; }
h2 { font-size: 1.333rem; line-height: 1.25; margin-block: 2rem 0.5rem; }
a { color: var(--accent); text-underline-offset: 0.2em; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.action {
  display: inline-block; min-block-size: 44px; padding: 0.5rem 1.25rem; border: 2px solid transparent;
  border-radius: 4px; background: var(--accent); color: var(--on-accent); font-weight: 600; text-decoration: none;
}
.skip { position: absolute; inset-inline-start: -100vw; padding: 0.75rem; background: var(--paper); }
.skip:focus { inset-inline-start: 0; }
dt { font-weight: 600; margin-block-start: 0.75rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
code { font: 1rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { .skip, .action { display: none; } }
`;
