/**
 * The only globals a pure library may use: those that Node, every browser and a worker share.
 * tsconfig.pure.json loads no platform types, so anything else is a compile error.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array): string;
}
declare const crypto: {
  getRandomValues(array: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>;
  readonly subtle: {
    importKey(
      format: 'raw',
      keyData: Uint8Array<ArrayBuffer>,
      algorithm: 'PBKDF2',
      extractable: false,
      keyUsages: readonly ['deriveBits'],
    ): Promise<CryptoKey>;
    deriveBits(
      algorithm: {
        readonly name: 'PBKDF2';
        readonly hash: 'SHA-512';
        readonly salt: Uint8Array<ArrayBuffer>;
        readonly iterations: number;
      },
      key: CryptoKey,
      length: number,
    ): Promise<ArrayBuffer>;
  };
};
interface CryptoKey {
  readonly type: 'secret' | 'public' | 'private';
}
declare class AbortSignal {
  static timeout(ms: number): AbortSignal;
  readonly aborted: boolean;
}
declare function fetch(url: string, init?: FetchInit): Promise<FetchResponse>;
interface FetchInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  redirect?: 'error' | 'follow' | 'manual';
  signal?: AbortSignal;
}
interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): {
      read(): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> }>;
      cancel(): Promise<void>;
    };
  } | null;
}
