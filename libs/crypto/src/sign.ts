/** The second door: signing keys, and the builders whose output gets signed. Nothing here can open a sealed file. */
export { makeSigner, nobleSigning, type Signer, type Signing, sodiumSigning } from './signature.js';
