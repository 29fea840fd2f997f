/** A complete, valid report to edit. No person, meeting or letter in it exists. */
import type { Json } from '@app/encoding';
import type { WordLanguage } from '@app/crypto/seal';

type Texts = {
  readonly name: string;
  readonly what: string;
  readonly link: string;
  readonly contact: string;
};

const TEXTS: Readonly<Record<WordLanguage, Texts>> = {
  en: {
    name: 'Invented Name',
    what: 'The day after my statement by video, two officers asked my neighbours whom I work for.',
    link: 'It began the day after the statement, and they quoted from it.',
    contact: 'Only through this mailbox.',
  },
  fr: {
    name: 'Nom Inventé',
    what: 'Le lendemain de ma déclaration par vidéo, deux agents ont demandé à mes voisins pour qui je travaille.',
    link: 'Cela a commencé le lendemain de la déclaration, et ils en ont cité des phrases.',
    contact: 'Seulement par cette boîte.',
  },
  es: {
    name: 'Nombre Inventado',
    what: 'Al día siguiente de mi declaración por vídeo, dos agentes preguntaron a mis vecinos para quién trabajo.',
    link: 'Empezó al día siguiente de la declaración, y citaron frases de ella.',
    contact: 'Solo por este buzón.',
  },
  zh: {
    name: '虚构姓名',
    what: '我通过视频发言的第二天，两名警员向我的邻居打听我为谁工作。',
    link: '事情始于发言后的第二天，他们还引用了我的话。',
    contact: '只通过此信箱联系。',
  },
};

/** Consents are rows of answers, one for each person, so that they can be edited. */
export function exampleReport(language: WordLanguage): Json {
  const { name, what, link, contact } = TEXTS[language];
  return {
    version: 2,
    safety: { declared_urgent: 'no', device_safe: 'yes', language },
    submitter: { relation: 'VICTIM', name, contact_ways: ['DROP_BOX'], contact },
    persons: [{ unit: 'INDIVIDUAL', names: name, relation: 'SC-A', roles: ['HRD'], age: '30_59' }],
    engagements: [
      { body: 'HRC', stage: 'PAST', when: { value: '2026-09', precision: 'DAY_UNKNOWN' }, modality: 'VID' },
    ],
    acts: [
      {
        what,
        types: ['B06', 'F01'],
        nature: 'REPRISAL',
        from: { value: '2026-10', precision: 'DAY_UNKNOWN' },
        ongoing: 'yes',
        country: 'FRA',
      },
    ],
    perpetrators: [{ kind: 'STATE' }],
    concerned: { state: 'FRA' },
    link: { reasons: ['CLOSE_IN_TIME', 'QUOTES_UN'], text: link },
    risk: { worse: ['PUBLICITY'] },
    wishes: { requests: ['CONTACT', 'RAISE_STATE'] },
    consent: {
      matrix: [{ K1: 'g', K2: 'g', K3: 'N', K5: '3', K7: 'g' }],
      records: ['K3', 'K5'].map((scope) => ({
        person: 1,
        scope,
        decision: 'granted',
        given_by: 'alleged_victim',
        risks_explained: { by: 'FORM', text_version: '1', language },
        understands: 'yes',
        given_at: '2026-11-01',
      })),
      exclusions: [],
    },
  };
}

/** What the short codes of the example mean; the rest is in libs/casework/SPEC.md §2 and §3. */
export const EXAMPLE_HELP = `Save this, edit it, and delete what you do not want to answer. Needed are: safety.declared_urgent,
submitter.relation, engagements[].body, acts[].what, concerned.state and consent.matrix.
Consents, one row for each person: K1 contact, K2 hold, K3 senior official, K4:SP, K4:TB and K4:HRC United Nations
offices, K5 State concerned, K6 public report, K7 statistics, K8 platform, K9:PROT and K9:DIG support, K10 keep.
g is granted, r refused, n not asked; K3, K4 and K9 take N (named) or P (pseudonym) instead of g, and K5, K6 and K8
take 3 (named), 2 (unnamed, with facts) or 1 (situation only). A record says of one consent who gave it, why not the
person herself, and how the risks were explained; without it nothing leaves the office under that consent.
A date has a value and a precision: EXACT 2026-10-31, DAY_UNKNOWN 2026-10, MONTH_UNKNOWN 2026; ESTIMATE, BEFORE and
AFTER take any of these; UNK and PNS take none. Up to eight persons, 32 engagements, acts and perpetrators.
All questions and codes: libs/casework/SPEC.md.
`;
