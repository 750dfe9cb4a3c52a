import { request } from 'undici';

/** Reads a text exposition over HTTP, for a `Target`. Rejects for any status but 200. */
export const httpTarget =
  (url: string): (() => Promise<string>) =>
  async () => {
    const response = await request(url, { headersTimeout: 5_000, bodyTimeout: 5_000 });
    const text = await response.body.text();
    if (response.statusCode !== 200) throw new Error(`Cannot scrape ${url}: HTTP ${response.statusCode}`);
    return text;
  };
