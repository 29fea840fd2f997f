/** Every answer once more, before anything is sealed. */
import { answerAt, pathOf, QUESTIONS, rowsOf, SCOPES, type Step, STEPS } from '../form.js';
import type { MessageKey } from '../i18n/index.js';
import { usePage } from './page.js';
import { COUNTRIES } from '../countries.js';
import { codeText, questionText } from './fields.js';

export function Review() {
  const { journey, words, act } = usePage();
  const { say } = words;
  return (
    <>
      <h1 tabIndex={-1}>{say('step.review')}</h1>
      <p>{say('review.intro')}</p>
      {STEPS.map((step) => (
        <StepAnswers key={step} step={step} />
      ))}
      <button class="primary" type="button" disabled={journey.isBusy} onClick={act.seal}>
        {say('review.seal')}
      </button>
      <p aria-live="polite">{journey.isBusy && say('review.sealing')}</p>
      <p class="actions">
        <button
          type="button"
          onClick={() => act.dispatch({ type: 'go', screen: { at: 'form', step: 'consent' } })}
        >
          {say('form.back')}
        </button>
        <button type="button" disabled={journey.isBusy} onClick={act.saveDraft}>
          {say('form.save')}
        </button>
      </p>
    </>
  );
}

function StepAnswers({ step }: { readonly step: Step }) {
  const { words, act } = usePage();
  const { say } = words;
  const answers = useAnswers(step);
  const name = say(`step.${step}`);
  return (
    <section class="row">
      <h2>{name}</h2>
      {answers.length === 0 && <p class="small">{say('review.empty')}</p>}
      <dl>
        {answers.map(([label, value], at) => (
          <div key={at}>
            <dt>{label}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => act.dispatch({ type: 'go', screen: { at: 'form', step } })}>
        {say('review.change', { name })}
      </button>
    </section>
  );
}

function useAnswers(step: Step): readonly (readonly [string, string])[] {
  const { journey, words } = usePage();
  const { draft } = journey;
  const { say } = words;
  if (step === 'consent') {
    return Array.from({ length: draft.rows.persons }, (_, person) => person).flatMap((person) =>
      Object.keys(SCOPES).flatMap((scope): [string, string][] => {
        const code = answerAt(draft, `consent[${String(person)}].${scope}`);
        return code === '' ? [] : [[say(scope as MessageKey), say(`consent.${code}` as MessageKey)]];
      }),
    );
  }
  return Array.from({ length: rowsOf(draft, step) }, (_, row) => row).flatMap((row) =>
    QUESTIONS[step].flatMap(({ name, kind, list = 'PLACE' }): [string, string][] => {
      const path = pathOf(name, row);
      const answer = answerAt(draft, kind === 'date' ? `${path}.value` : path).trim();
      if (answer === '') return [];
      if (kind === 'text' || kind === 'long' || kind === 'date') return [[questionText(words, name), answer]];
      const text = answer.split(' ').map((code) => countryName(code) ?? codeText(words, list, code));
      return [[questionText(words, name), text.join('; ')]];
    }),
  );

  function countryName(code: string): string | undefined {
    const pair = COUNTRIES.find(([alpha3]) => alpha3 === code);
    return pair && words.countries([pair])[0]?.[1];
  }
}
