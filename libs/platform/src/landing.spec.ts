import { describe, expect, it } from '@jest/globals';
import { LANDING_CSS, renderLandingPage, type LandingFacts } from './landing.js';

const HOUR = 3600;
const facts: LandingFacts = {
  kind: 'public',
  organisation: 'The Office <of> "A & B"',
  keysetFingerprint: 'ab12 cd34',
  keysetVersion: 3,
  ledgerSize: 120,
  witnessedAt: 1_764_000_000 - 2 * HOUR,
  now: 1_764_000_000,
  helplines: [{ name: 'Line <1>', contact: '+00 1' }],
  action: { label: "Write a report's draft", href: '/report?a=1&b="2"' },
};

describe('renderLandingPage', () => {
  const page = renderLandingPage(facts);

  it('says first what it cannot do, and how to check it', () => {
    const cannot = page.indexOf('We cannot give physical protection.');
    expect(cannot).toBeGreaterThan(0);
    expect(page.indexOf('Line &lt;1&gt;')).toBeGreaterThan(cannot);
    expect(page.indexOf('What this is<')).toBeGreaterThan(cannot);
    expect(page).toContain('<code>ab12 cd34</code>');
    expect(page).toContain(
      '2 hours ago (<time datetime="2025-11-24T14:00:00.000Z">2025-11-24 14:00 UTC</time>)',
    );
  });

  it('escapes every fact', () => {
    expect(page).toContain('The Office &lt;of&gt; &quot;A &amp; B&quot;');
    expect(page).toContain('href="/report?a=1&amp;b=&quot;2&quot;"');
    expect(page).toContain('report&#39;s');
    expect(page).not.toContain('<of>');
  });

  it.each(['public', 'staff'] as const)(
    'of the %s origin is a whole, neutral page without script or style inside',
    (kind) => {
      const html = renderLandingPage({ ...facts, kind });
      expect(html).toMatch(/^<!DOCTYPE html>\n<html lang="en" dir="ltr">/);
      expect(html).toContain('<title>Information</title>');
      expect(html.match(/<h1>/g)).toHaveLength(1);
      for (const landmark of ['<header>', '<main id="main">', '<footer>']) expect(html).toContain(landmark);
      expect(html).not.toMatch(/<script|<style|style=|\son\w+=|https?:/);
      expect(html.match(/<link[^>]*>/g)).toEqual([
        '<link rel="stylesheet" href="/style.css">',
        '<link rel="icon" href="/icon.svg" type="image/svg+xml">',
      ]);
      for (const [, id] of html.matchAll(/aria-labelledby="(\w+)"/g))
        expect(html).toContain(`id="${String(id)}"`);
    },
  );

  it('tells staff nothing for reporters, and says when no witness came yet', () => {
    const { witnessedAt: _never, ...unwitnessed } = facts;
    const html = renderLandingPage({ ...unwitnessed, kind: 'staff' });
    expect(html).not.toContain('physical protection');
    expect(html).toContain('<dd>Not yet</dd>');
  });

  it.each([
    [0, 'Less than a minute ago'],
    [60, '1 minute ago'],
    [59 * 60, '59 minutes ago'],
    [HOUR, '1 hour ago'],
    [49 * HOUR, '2 days ago'],
    [-5, 'Less than a minute ago'],
  ])('says %d seconds as %s', (age, words) => {
    expect(renderLandingPage({ ...facts, witnessedAt: facts.now - age })).toContain(`<dd>${words} (`);
  });
});

describe('LANDING_CSS', () => {
  const blocks = [...LANDING_CSS.matchAll(/:root \{([^}]*--paper[^}]*)\}/g)].map(([, body]) => {
    const tokens = [...String(body).matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)];
    return Object.fromEntries(tokens.map(([, name, value]) => [String(name), String(value)]));
  });

  it('keeps text at 7:1 and edges at 3:1 in both schemes', () => {
    const [light = {}, dark = {}] = blocks;
    for (const scheme of [light, dark]) {
      for (const name of ['ink', 'quiet', 'accent'])
        expect(contrast(scheme[name], scheme.paper)).toBeGreaterThanOrEqual(7);
      expect(contrast(scheme['on-accent'], scheme.accent)).toBeGreaterThanOrEqual(7);
      expect(contrast(scheme.edge, scheme.paper)).toBeGreaterThanOrEqual(3);
    }
  });

  it('starts at 18 px, knows both schemes and more contrast, and loads nothing', () => {
    expect(LANDING_CSS).toContain('112.5%');
    expect(LANDING_CSS).toContain('prefers-color-scheme: dark');
    expect(LANDING_CSS).toContain('prefers-contrast: more');
    expect(LANDING_CSS).not.toMatch(/url\(|@import|margin-left|margin-right|padding-left|padding-right/);
  });
});

/** WCAG 2.2 relative luminance and contrast ratio. */
function contrast(a = '', b = ''): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
