/**
 * The cross-walk to the HURIDOCS micro-thesauri (SPEC.md §2.2): numbers only, trailing pairs of zeros cut. A code with
 * no number has no counterpart there, or the thesaurus is older than the thing.
 */
import type { CodeOf, ListName } from './lists.js';

/** `lists`: the micro-thesauri a list corresponds to, where known; `codes`: the terms each code corresponds to. */
export type CrossWalk = {
  readonly lists: readonly string[];
  readonly codes: Readonly<Record<string, readonly string[]>>;
};

type WalkOf<L extends ListName> = {
  readonly lists: readonly string[];
  readonly codes: Readonly<Partial<Record<CodeOf<L>, readonly string[]>>>;
};

/* prettier-ignore */
const WALKS: { readonly [L in ListName]?: WalkOf<L> } = {
  ACT: {
    lists: [],
    codes: {
      A01: ['01 01 01'], A02: ['01 01 09'], A03: ['02 01 03 02'], A04: ['02 01 11 11'], A05: ['02 01 01'],
      A06: ['02 01 02', '02 01 11 01'], A07: ['03 01 03'], A08: ['03 01 04'], A09: ['02 01 03 01'],
      A10: ['36 01 02 04'],
      B01: ['03 01 01'], B02: ['03 01 02'], B03: ['03 01 05'], B07: ['36 01 02'],
      C01: ['05 01 06'], C04: ['05 01 02'], C06: ['05 01 07'],
      D01: ['14 01 01'], D03: ['10 01 01'], D04: ['10 01 04'],
      E01: ['12 01 03'], E02: ['12 01 01'], E03: ['12 01 02', '04 01 01'], E05: ['13 01 07'], E06: ['30 01 02 10'],
      E07: ['12 21 01'], E09: ['30 01 02 03'], E10: ['13 01 03'],
      F01: ['02 01 03 03', '02 01 03 04', '12 01 04'],
    },
  },
  SRC: {
    lists: ['19'],
    codes: {
      RELATIVE: ['02 01 01'], COLLEAGUE: ['02 01 02'], SAME_ORG: ['02 01 03'], LAWYER: ['04 01'], HEALTH: ['04 02'],
      NGO: ['04 04'], HR_NGO: ['04 04 01'], WITNESS: ['01 02'], JOURNALIST: ['03 01'], UNK: ['99'],
    },
  },
  PERP: {
    lists: ['24'],
    codes: {
      EXECUTIVE_NATIONAL: ['01 01 01'], EXECUTIVE_LOCAL: ['01 01 02'], ARMED_FORCES: ['01 01 03'],
      POLICE: ['01 01 04'], PRISON: ['01 01 05'], INTELLIGENCE: ['01 01 06'], LEGISLATURE: ['01 02'],
      JUDICIARY: ['01 03'], PARAMILITARY: ['02 01 01'], ARMED_OPPOSITION: ['02 02'], PRIVATE_SECURITY: ['02 04'],
      CROWD: ['02 05'], OCCUPYING_FORCES: ['03'], FAMILY: ['11 01'], COMMUNITY: ['11 02'], EMPLOYER: ['11 03 01'],
      COMPANY_LOCAL: ['21 01 01'], COMPANY_TRANSNATIONAL: ['21 01 02'], IFI: ['31'], OTHER: ['90'], UNK: ['99'],
    },
  },
  INV: {
    lists: ['18'],
    codes: {
      AUTHORED_LAW: ['03 01'], SUPPORTED_LAW: ['03 02'], IMPLEMENTED_LAW: ['04'], FAILED_TO_PROTECT: ['05', '05 02'],
      POLITICAL: ['06'],
    },
  },
  PRI: { lists: ['46'], codes: { P1: ['01'], P2: ['02'], P3: ['03'], P4: ['04'] } },
  CU: { lists: ['07'], codes: {} },
  VSTAT: { lists: ['25'], codes: {} },
  RSP: { lists: ['27', '28'], codes: {} },
  IMP: { lists: ['44'], codes: {} },
  IST: { lists: ['45'], codes: {} },
  REL: { lists: ['42'], codes: {} },
  VER: { lists: ['41'], codes: {} },
  DP: { lists: ['48'], codes: {} },
};

/** Of every list that has one; codes that are not named have no counterpart. */
export const HUR_CROSSWALK: Readonly<Partial<Record<ListName, CrossWalk>>> = WALKS as Readonly<
  Partial<Record<ListName, CrossWalk>>
>;
