/** Starts the page: one worker, one tree of views, and nothing kept. */
import { render } from 'preact';
import workerUrl from './worker/sealing-worker.ts?worker&url';
import { engineOf } from './engine.js';
import { languageOf } from './i18n/index.js';
import { App } from './views/app.js';

type TrustedTypes = {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): URL };
};

/** The one address that may become a script here, and only by this policy. */
function workerAddress(): string | URL {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const only = (url: string): string => {
    if (url !== workerUrl) throw new TypeError('no such script');
    return url;
  };
  return (
    trustedTypes?.createPolicy('sealing-worker', { createScriptURL: only }).createScriptURL(workerUrl) ??
    workerUrl
  );
}

const root = document.getElementById('page');
if (root !== null) {
  const engine = engineOf(new Worker(workerAddress(), { type: 'module' }));
  root.replaceChildren();
  render(<App engine={engine} language={languageOf(navigator.languages)} />, root);
}
