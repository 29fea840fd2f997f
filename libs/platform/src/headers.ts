/** Security headers of every response, also of those that never reach a handler. */

export type ContentSecurityPolicy = Readonly<Record<string, string>>;

const POLICY: ContentSecurityPolicy = {
  'default-src': "'none'",
  'style-src': "'self'",
  'img-src': "'self'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': "'none'",
};

const FEATURES_OFF = [
  'accelerometer',
  'autoplay',
  'browsing-topics',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'screen-wake-lock',
  'usb',
];

/** @param policy - directives of an origin that needs more than the default; they replace those of the same name. */
export function securityHeaders(policy: ContentSecurityPolicy = {}): Readonly<Record<string, string>> {
  const directives = Object.entries({ ...POLICY, ...policy });
  return {
    'content-security-policy': directives.map(([name, value]) => `${name} ${value}`).join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': FEATURES_OFF.map((feature) => `${feature}=()`).join(', '),
    'cache-control': 'no-store',
  };
}
