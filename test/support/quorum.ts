/** Matches the names of at least two different witnesses of the evaluation stack's three: what its quorum asks for. */
export function aQuorum(): { asymmetricMatch: (names: unknown) => boolean } {
  const isWitness = (name: unknown): boolean => typeof name === 'string' && /^witness-[123]$/.test(name);
  return {
    asymmetricMatch: (names) =>
      Array.isArray(names) &&
      new Set(names).size === names.length &&
      names.length >= 2 &&
      names.every(isWitness),
  };
}
