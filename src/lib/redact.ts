/** Replaces every secret in `text`, also in its percent-encoded and base64 forms, by `***`. */
export const redact = (text: string, secrets: readonly string[]): string => {
  let clean = text;
  for (const secret of secrets) {
    // Two characters would blank out half of every text and protect nothing.
    if (secret.length < 3) continue;
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      clean = clean.replaceAll(form, '***');
    }
  }
  return clean;
};
