import { request } from 'node:https';

/** True when the URL answers with status 200, whoever signed its certificate: it was made by the program itself. */
export const answersOverTls = (url: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { rejectUnauthorized: false, timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error('no answer in 2 s')));
    asked.end();
  });
