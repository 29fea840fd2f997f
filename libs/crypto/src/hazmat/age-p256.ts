/** age-encryption can seal to hardware tokens on P-256; the product never does, and the page leaves the curve out. */
export const p256 = undefined;
