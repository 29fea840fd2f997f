/** The consent matrix in plain words, person by person: each point alone, with what it cannot undo beside it. */
import { answerAt, giverOf, isThirdParty, SCOPES } from '../form.js';
import type { MessageKey } from '../i18n/index.js';
import { usePage } from './page.js';
import { ErrorLine, errorText, idOf } from './fields.js';

export function ConsentQuestions() {
  const { journey, words } = usePage();
  const { rows } = journey.draft;
  return (
    <>
      <p>{words.say('consent.intro')}</p>
      {Array.from({ length: rows.persons }, (_, person) => (
        <Person key={person} person={person} isOnly={rows.persons === 1} />
      ))}
    </>
  );
}

function Person({ person, isOnly }: { readonly person: number; readonly isOnly: boolean }) {
  const { journey, words } = usePage();
  const { say, labels } = words;
  const at = (field: string): string => `consent[${String(person)}].${field}`;
  const giver = giverOf(journey.draft, person);
  return (
    <section class={isOnly ? '' : 'row'}>
      {!isOnly && <h2>{say('consent.person', { n: person + 1 })}</h2>}
      <Choice
        path={at('given_by')}
        value={giver}
        label={say('consent.giver')}
        texts={labels.codes.GIVEN_BY}
      />
      {isThirdParty(giver) && (
        <Choice path={at('why_not_person')} label={say('consent.giver.why')} texts={labels.codes.WHY_NOT} />
      )}
      {Object.entries(SCOPES).map(([scope, granting]) => (
        <Choice
          key={scope}
          path={at(scope)}
          label={say(scope as MessageKey)}
          hint={say(`${scope}.undo` as MessageKey)}
          none={say('consent.undecided')}
          texts={Object.fromEntries(
            ['r', ...granting].map((code) => [`${code} `, say(`consent.${code}` as MessageKey)]),
          )}
        />
      ))}
      <Choice
        path={at('understands')}
        label={say(isThirdParty(giver) ? 'consent.understands.person' : 'consent.understands')}
        texts={labels.codes.YES_NO}
      />
    </section>
  );
}

type ChoiceProps = {
  readonly path: string;
  readonly value?: string;
  readonly label: string;
  readonly hint?: string;
  readonly none?: string;
  /** Texts by code; a space after a code keeps codes that are digits in the order they are written. */
  readonly texts: Readonly<Record<string, string>>;
};

function Choice({ path, value, label, hint, none, texts }: ChoiceProps) {
  const { journey, words, act } = usePage();
  const found = journey.errors.find((one) => one.path === path);
  const error = found && errorText(words, found.path, found.code);
  const ids = [error && `${idOf(path)}-error`, hint && `${idOf(path)}-hint`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={idOf(path)}>{label}</label>
      {hint !== undefined && (
        <span class="hint" id={`${idOf(path)}-hint`}>
          {hint}
        </span>
      )}
      <ErrorLine path={path} error={error} />
      <select
        id={idOf(path)}
        value={value ?? answerAt(journey.draft, path)}
        {...(ids !== '' && { 'aria-describedby': ids })}
        {...(error && { 'aria-invalid': true })}
        onInput={(event) => act.dispatch({ type: 'answer', path, value: event.currentTarget.value })}
      >
        <option value="">{none ?? words.say('form.choose')}</option>
        {Object.entries(texts).map(([code, text]) => (
          <option key={code} value={code.trim()}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
